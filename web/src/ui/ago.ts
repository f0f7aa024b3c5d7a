/** How far away a moment is, as people say it: `2 min ago`, `in 3 h`. Pure. */
import { formatDuration } from '../../../src/util/format-duration.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The page has the time of its own machine: a moment that seems to be to come may have passed. */
const CLOCKS_DIFFER_MS = 5000;

export function ago(momentMs: number, nowMs: number): string {
  const passedMs = nowMs - momentMs;
  if (Math.abs(passedMs) < CLOCKS_DIFFER_MS) return 'just now';
  return passedMs > 0 ? `${coarse(passedMs)} ago` : `in ${coarse(-passedMs)}`;
}

/** In the largest unit alone. */
function coarse(ms: number): string {
  const unit = [DAY, HOUR, MINUTE].find((size) => ms >= size);
  return unit === undefined ? `${Math.floor(ms / 1000)} s` : formatDuration(Math.floor(ms / unit) * unit);
}
