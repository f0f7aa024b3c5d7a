/** What can be asked of a job as it is now, and asking it. */
import { ask } from '../../api/ask.ts';
import type { Job } from '../../api/wire.ts';
import { noteJob } from '../../state/live-jobs.ts';

export type Action = 'pause' | 'resume' | 'cancel' | 'retry';

export function actionsOf({ state, wanted, retry_at: retryAt }: Pick<Job, 'state' | 'wanted' | 'retry_at'>): readonly Action[] {
  switch (state) {
    case 'running':
      return wanted === 'cancel' ? [] : [wanted === 'pause' ? 'resume' : 'pause', 'cancel'];
    case 'queued':
      return retryAt === undefined ? ['pause', 'cancel'] : ['retry', 'pause', 'cancel'];
    case 'paused':
      return ['resume', 'cancel'];
    case 'failed':
    case 'cancelled':
      return ['retry'];
    case 'succeeded':
      return [];
  }
}

/** @throws Problem */
export async function act(job: Job, action: Action): Promise<void> {
  noteJob(await ask<Job>(`/jobs/${job.id}/${action}`, { method: 'POST' }));
}

/** @throws Problem */
export async function setPriority(job: Job, priority: number): Promise<void> {
  noteJob(await ask<Job>(`/jobs/${job.id}/priority`, { method: 'POST', body: { priority } }));
}

/** @throws Problem */
export async function submit(request: Readonly<Record<string, unknown>>): Promise<Job> {
  const { job } = await ask<{ readonly job: Job }>('/jobs', { method: 'POST', body: request });
  noteJob(job);
  return job;
}
