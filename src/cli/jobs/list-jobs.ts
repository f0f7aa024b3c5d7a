import { inShownOrder } from '../../jobs/shown-order.ts';
import { scheduleWire, shownJob } from '../../wire/job-wire.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { jobsText } from '../render/jobs-text.ts';
import type { Report } from '../report.ts';
import type { Session } from '../session.ts';
import { openQueue } from './open-queue.ts';

/** Changes nothing. */
export async function listJobs(session: Session, args: ParsedArgs): Promise<Report> {
  const queue = await openQueue(session);
  const { scheduleStates } = await import('../../compose/jobs.ts');
  const states = args.texts('state');
  const { jobs, unreadable } = queue.list();
  const shown = inShownOrder(jobs.filter(({ state }) => states.length === 0 || states.includes(state)));
  const runner = await queue.hasRunner();
  const schedules = scheduleStates(await session.config()).map(scheduleWire);
  const list = { action: 'list' as const, runner, jobs: shown.map((job) => shownJob(queue, job)), unreadable, schedules };
  return { wire: () => list, text: (screen) => jobsText(screen, list) };
}
