/** Which jobs are begun now. Pure. */
import { isSuspect, type JobRecord } from '../domain/jobs.ts';

export interface Places {
  /** Jobs that may run at the same time. */
  readonly limit: number;
  /** How many do. */
  readonly running: number;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** The longest wait before a new try that anybody plans: one that lies further ahead is of a clock that was set back. */
  readonly maxDelayMs: number;
}

/** Those with the highest priority, of these the oldest ones. One that may be what kills its process runs alone, when its turn comes. */
export function nextJobs(jobs: readonly JobRecord[], { limit, running, nowMs, maxDelayMs }: Places): readonly JobRecord[] {
  const isDue = ({ retry_at: at }: JobRecord): boolean => {
    const waitMs = at === undefined ? 0 : Date.parse(at) - nowMs;
    return waitMs <= 0 || waitMs > maxDelayMs;
  };
  if (running > 0 && jobs.some((job) => job.state === 'running' && isSuspect(job))) return [];
  const turns = jobs.filter((job) => job.state === 'queued' && isDue(job)).sort(byTurn);
  const alone = turns.findIndex(isSuspect);
  if (alone === 0) return running === 0 ? turns.slice(0, 1) : [];
  const free = Math.max(0, limit - running);
  return turns.slice(0, alone === -1 ? free : Math.min(free, alone));
}

/** As they will have their turn. */
export const byTurn = (a: JobRecord, b: JobRecord): number => b.priority - a.priority || a.seq - b.seq;
