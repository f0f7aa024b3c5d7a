import { isFinished, type JobRecord } from '../../domain/jobs.ts';
import { byTurn } from '../../jobs/next-jobs.ts';
import { scheduleWire } from '../../wire/job-wire.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { jobsText } from '../render/jobs-text.ts';
import type { Report } from '../report.ts';
import type { Session } from '../session.ts';
import { openQueue, shownJob } from './open-queue.ts';

/** Changes nothing. */
export async function listJobs(session: Session, args: ParsedArgs): Promise<Report> {
  const queue = await openQueue(session);
  const { scheduleStates } = await import('../../compose/jobs.ts');
  const states = args.texts('state');
  const { jobs, unreadable } = queue.list();
  const shown = ordered(jobs.filter(({ state }) => states.length === 0 || states.includes(state)));
  const runner = await queue.hasRunner();
  const schedules = scheduleStates(await session.config()).map(scheduleWire);
  const list = { action: 'list' as const, runner, jobs: shown.map((job) => shownJob(queue, job)), unreadable, schedules };
  return { wire: () => list, text: (screen) => jobsText(screen, list) };
}

/** What runs, then what waits in the order of its turn, then what has ended, the latest first. */
function ordered(jobs: readonly JobRecord[]): readonly JobRecord[] {
  const running = jobs.filter(({ state }) => state === 'running').sort(byTurn);
  const waiting = jobs.filter((job) => !isFinished(job) && job.state !== 'running').sort(byTurn);
  const over = jobs.filter(isFinished).sort((a, b) => (b.finished_at ?? '').localeCompare(a.finished_at ?? '') || b.seq - a.seq);
  return [...running, ...waiting, ...over];
}
