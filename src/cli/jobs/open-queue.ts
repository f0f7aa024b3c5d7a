import type { JobQueue } from '../../jobs/job-queue.ts';
import type { Session } from '../session.ts';

/** @throws ModelError INVALID_CONFIG without MODELS_ROOT, or where it must be a store and is none */
export async function openQueue(session: Session): Promise<JobQueue> {
  const [config, { openJobQueue }, { requireStore }] = await Promise.all([
    session.config(),
    import('../../compose/jobs.ts'),
    import('../../compose/require-store.ts'),
  ]);
  requireStore(config);
  return openJobQueue(config);
}
