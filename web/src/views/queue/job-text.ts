/** A job in words, as `wan models jobs` has them. Pure. */
import { formatBytes } from '../../../../src/util/format-bytes.ts';
import { formatDuration } from '../../../../src/util/format-duration.ts';
import type { Job } from '../../api/wire.ts';
import type { Verdict } from '../../ui/mark.tsx';

export const VERDICTS: Readonly<Record<Job['state'], Verdict>> = {
  running: 'busy',
  queued: 'none',
  paused: 'soft',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'none',
};

export const stateWords = ({ state, wanted }: Job): string => (wanted === undefined ? state : `${state}, to ${wanted}`);

export function doneWords({ done_bytes: done, total_bytes: total }: Pick<Job, 'done_bytes' | 'total_bytes'>): string {
  if (total === 0) return '';
  return done === total ? formatBytes(total) : `${Math.floor((100 * done) / total)} % of ${formatBytes(total)}`;
}

export const speedWords = ({ bytes_per_second: rate }: Pick<Job, 'bytes_per_second'>): string =>
  rate === undefined ? '' : `${formatBytes(rate)}/s`;

export const leftWords = ({ eta_seconds: seconds }: Pick<Job, 'eta_seconds'>): string =>
  seconds === undefined ? '' : formatDuration(1000 * seconds);

/** Facts of what was done: `fetched_bytes` 10 -> `fetched 10 B`. */
export function resultWords(result: Job['result'] = {}): readonly (readonly [name: string, value: string])[] {
  return Object.entries(result).map(([name, value]) => {
    if (typeof value === 'number' && name.endsWith('_bytes')) return [name.slice(0, -6).replaceAll('_', ' '), formatBytes(value)];
    if (typeof value === 'number' && name === 'bytes_read') return ['read', formatBytes(value)];
    return [name.replaceAll('_', ' '), String(value)];
  });
}
