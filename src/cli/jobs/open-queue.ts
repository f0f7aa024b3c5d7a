/** The queue of the configured root, and what a job looks like in it. */
import type { JobRecord } from '../../domain/jobs.ts';
import type { JobQueue } from '../../jobs/job-queue.ts';
import { type JobWire, jobWire } from '../../wire/job-wire.ts';
import type { Session } from '../session.ts';

export async function openQueue(session: Session): Promise<JobQueue> {
  const [config, { openJobQueue }] = await Promise.all([session.config(), import('../../compose/jobs.ts')]);
  return openJobQueue(config);
}

export const shownJob = (queue: JobQueue, job: JobRecord): JobWire =>
  jobWire(job, job.state === 'running' ? queue.progress(job.id) : undefined);
