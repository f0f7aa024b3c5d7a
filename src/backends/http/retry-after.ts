/** `Retry-After` in milliseconds: seconds or an HTTP date (RFC 9110, section 10.2.3). Nonsense is undefined. */

/** Whatever a server says, no number beyond a day reaches the rest of the program. */
const CAP_MS = 24 * 3600 * 1000;

export function parseRetryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.min(CAP_MS, Math.ceil(Number(text) * 1000));
  if (!/^[A-Z][a-z]{2,8},? .*GMT$/.test(text)) return undefined;
  const untilMs = Date.parse(text);
  return Number.isNaN(untilMs) ? undefined : Math.min(CAP_MS, Math.max(0, untilMs - nowMs));
}
