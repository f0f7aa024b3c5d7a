const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `350 ms`, `4.2 s`, `48 s`, `3 min 20 s`, `1 h 5 min`, `2 d 3 h`: the two largest units that matter. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9.95 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < 59.5 * SECOND) return `${Math.round(ms / SECOND)} s`;
  if (ms < HOUR - SECOND / 2) return pair(ms, [MINUTE, 'min'], [SECOND, 's']);
  if (ms < DAY - MINUTE / 2) return pair(ms, [HOUR, 'h'], [MINUTE, 'min']);
  return pair(ms, [DAY, 'd'], [HOUR, 'h']);
}

type Unit = readonly [ms: number, name: string];

function pair(ms: number, [bigMs, bigName]: Unit, [smallMs, smallName]: Unit): string {
  const rounded = Math.round(ms / smallMs) * smallMs;
  const big = Math.floor(rounded / bigMs);
  const small = Math.round((rounded - big * bigMs) / smallMs);
  return small === 0 ? `${big} ${bigName}` : `${big} ${bigName} ${small} ${smallName}`;
}
