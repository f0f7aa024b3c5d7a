/** As people want to see them: what runs, then what waits in the order of its turn, then what has ended, the latest first. Pure. */
import { isFinished, type JobRecord } from '../domain/jobs.ts';
import { byTurn } from './next-jobs.ts';

export function inShownOrder(jobs: readonly JobRecord[]): readonly JobRecord[] {
  const running = jobs.filter(({ state }) => state === 'running').sort(byTurn);
  const waiting = jobs.filter((job) => !isFinished(job) && job.state !== 'running').sort(byTurn);
  const over = jobs.filter(isFinished).sort((a, b) => (b.finished_at ?? '').localeCompare(a.finished_at ?? '') || b.seq - a.seq);
  return [...running, ...waiting, ...over];
}
