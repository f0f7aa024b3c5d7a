/** What must hold of the jobs of a root, also while a killed runner has left some of them as running. Part of `checkInvariants`. */
import { isFinished, JOB_STATES, type JobRecord } from '../domain/jobs.ts';
import type { Violation } from './check-invariants.ts';
import type { StoreContext } from './context.ts';
import { JobRecords } from './job-records.ts';

export function checkJobs(context: StoreContext): Violation[] {
  const { jobs, unreadable } = new JobRecords(context).list();
  const found = (invariant: number, id: string, what: string): Violation => ({ invariant, path: `.state/jobs/${id}`, what });
  const ages = Map.groupBy(jobs, ({ seq }) => seq);
  return [
    ...unreadable.map((name) => found(4, name, 'is no record of a job')),
    ...[...ages.values()].flatMap((same) => same.slice(1).map(({ id, seq }) => found(8, id, `has the age ${seq} that another job has`))),
    ...jobs.flatMap((job) => faultsOf(job).map((what) => found(5, job.id, what))),
  ];
}

function faultsOf(job: JobRecord): string[] {
  const { state, done_bytes: done, total_bytes: total, wanted, finished_at: finishedAt, attempts } = job;
  return [
    ...(JOB_STATES.includes(state) ? [] : [`has the state ${JSON.stringify(state)}`]),
    ...(done <= total ? [] : [`has ${done} of ${total} bytes`]),
    ...(wanted === undefined || state === 'running' ? [] : [`is ${state}, and is still asked to ${wanted}`]),
    ...(isFinished(job) === (finishedAt !== undefined) ? [] : [`is ${state} and ${finishedAt === undefined ? 'has no' : 'has an'} end`]),
    ...(state === 'succeeded' && attempts === 0 ? ['succeeded without having been begun'] : []),
  ];
}
