import { parseDuration } from './parse-duration.ts';

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_AND_TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?$/;

/**
 * Milliseconds since the epoch of a moment to come as people write it: `7d` from now, `2026-12-31` (to the end of that day here),
 * `2026-12-31T18:00` (here, unless it names its zone). `undefined` for anything else.
 */
export function parseMoment(text: string, nowMs: number): number | undefined {
  const trimmed = text.trim();
  const [, year, month, day] = DATE.exec(trimmed) ?? [];
  if (year !== undefined) return endOfDay(Number(year), Number(month), Number(day));
  if (DATE_AND_TIME.test(trimmed)) return finite(Date.parse(trimmed.replace(' ', 'T')));
  // A bare number could be anything: a year, days, seconds.
  const duration = /[a-z]/i.test(trimmed) ? parseDuration(trimmed) : undefined;
  return duration === undefined ? undefined : nowMs + duration;
}

function endOfDay(year: number, month: number, day: number): number | undefined {
  const date = new Date(year, month - 1, day);
  if (date.getMonth() !== month - 1 || date.getDate() !== day) return undefined;
  return new Date(year, month - 1, day + 1).getTime();
}

const finite = (ms: number): number | undefined => (Number.isNaN(ms) ? undefined : ms);
