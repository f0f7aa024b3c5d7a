/** What runs, then what waits in the order of its turn, then what is held back, then what has ended, the latest first. Pure. */
import type { Job } from '../../api/wire.ts';

const GROUPS: Readonly<Record<Job['state'], number>> = { running: 0, queued: 1, paused: 2, failed: 3, succeeded: 3, cancelled: 3 };

export const isOver = ({ state }: Pick<Job, 'state'>): boolean => GROUPS[state] === 3;

export const orderJobs = (jobs: readonly Job[]): readonly Job[] => jobs.toSorted(compareJobs);

function compareJobs(a: Job, b: Job): number {
  const groups = GROUPS[a.state] - GROUPS[b.state];
  if (groups !== 0) return groups;
  return isOver(a) ? (b.finished_at ?? '').localeCompare(a.finished_at ?? '') || b.seq - a.seq : b.priority - a.priority || a.seq - b.seq;
}

export const SHOWN = ['all', 'active', 'failed', 'ended'] as const;
export type Shown = (typeof SHOWN)[number];

export function chooseJobs(jobs: readonly Job[], shown: Shown): readonly Job[] {
  if (shown === 'all') return jobs;
  if (shown === 'failed') return jobs.filter(({ state }) => state === 'failed');
  return jobs.filter((job) => isOver(job) === (shown === 'ended'));
}
