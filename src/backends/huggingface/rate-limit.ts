/** The Hub's `RateLimit: "api";r=0;t=123` (IETF draft-ietf-httpapi-ratelimit-headers-09). Pure. */
import type { HttpHeaders } from '../http/http-headers.ts';
import { parseRetryAfterMs } from '../http/retry-after.ts';

export interface RateLimit {
  /** Which of its budgets: `api`, `resolvers` or `pages`. */
  readonly bucket: string;
  readonly remaining: number;
  readonly resetMs: number;
}

/** Windows are five minutes long; no header sends us to sleep for a day. */
const CAP_MS = 3600_000;

export function parseRateLimit(header: string | undefined): RateLimit | undefined {
  const { bucket, r, t } =
    /"(?<bucket>[\w-]{1,40})"\s*;\s*r\s*=\s*(?<r>\d{1,9})\s*;\s*t\s*=\s*(?<t>\d{1,9})/.exec(header ?? '')?.groups ?? {};
  if (bucket === undefined || r === undefined || t === undefined) return undefined;
  return { bucket, remaining: Number(r), resetMs: Math.min(CAP_MS, Number(t) * 1000) };
}

/** How long to wait after a 429. The header stands on every answer: it explains the refusal only where nothing is left. */
export function waitMsAfter(headers: HttpHeaders, nowMs: number): number | undefined {
  const limit = parseRateLimit(headers.ratelimit);
  // Its seconds are rounded down.
  return limit?.remaining === 0 ? limit.resetMs + 1000 : parseRetryAfterMs(headers['retry-after'], nowMs);
}
