const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const BARE = /^\d{1,12}(?:\.\d{1,6})?$/;
const WHOLE = /^(?:\d{1,12}(?:\.\d{1,6})?\s*(?:ms|min|[smhdw])\s*){1,6}$/;
const PART = /(\d{1,12}(?:\.\d{1,6})?)\s*(ms|min|[smhdw])/g;

/** Milliseconds of a human duration: `90s`, `1h30m`, `7d`, `250ms`; a bare number is seconds. `undefined` for anything else. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim().toLowerCase();
  if (BARE.test(trimmed)) return Math.round(Number(trimmed) * 1000);
  if (!WHOLE.test(trimmed)) return undefined;
  let total = 0;
  for (const [, digits, unit = ''] of trimmed.matchAll(PART)) total += Number(digits) * (UNIT_MS[unit] ?? Number.NaN);
  const rounded = Math.round(total);
  return Number.isSafeInteger(rounded) ? rounded : undefined;
}
