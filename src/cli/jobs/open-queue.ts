import type { JobQueue } from '../../jobs/job-queue.ts';
import type { Session } from '../session.ts';

export async function openQueue(session: Session): Promise<JobQueue> {
  const [config, { openJobQueue }] = await Promise.all([session.config(), import('../../compose/jobs.ts')]);
  return openJobQueue(config);
}
