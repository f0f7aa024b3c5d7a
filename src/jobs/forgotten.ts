/** Which records of jobs nobody needs any more. Pure. */
import { isFinished } from '../domain/jobs.ts';
import type { ListedJobs } from '../store/job-records.ts';

/** Of jobs that have ended, so many stay on record. */
export const KEPT_JOBS = 200;

/** Those that ended longest ago, beyond the number that is kept. What is no record stays, for somebody to look at. */
export function forgotten({ jobs }: Pick<ListedJobs, 'jobs'>, kept = KEPT_JOBS): readonly string[] {
  const over = jobs.filter(isFinished).sort((a, b) => endOf(b) - endOf(a) || b.seq - a.seq);
  return over.slice(kept).map(({ id }) => id);
}

const endOf = ({ finished_at: at }: { readonly finished_at?: string }): number => Date.parse(at ?? '') || 0;
