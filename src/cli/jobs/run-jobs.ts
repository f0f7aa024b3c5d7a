/** `jobs run`: this process is the runner until it is ended, or until nothing is left to do. */
import { isFinished, type JobRecord } from '../../domain/jobs.ts';
import { shownJob } from '../../wire/job-wire.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { endedJobsText } from '../render/jobs-text.ts';
import type { Report } from '../report.ts';
import type { Session } from '../session.ts';
import { stderrLog } from '../stderr-log.ts';
import { withProgress } from '../with-progress.ts';
import { openQueue } from './open-queue.ts';

export async function runJobs(session: Session, args: ParsedArgs): Promise<Report> {
  const [config, { createJobRunner }] = await Promise.all([session.config(), import('../../compose/jobs.ts')]);
  const queue = await openQueue(session);
  const sinks = [stderrLog(config, session), (await session.telemetry())?.sink].filter((sink) => sink !== undefined);
  const ended = new Map<string, JobRecord>();
  await withProgress(session, (onEvent) => {
    const runner = createJobRunner(config, {
      sinks: [onEvent, ...sinks],
      onChange: (job) => void (isFinished(job) && ended.set(job.id, job)),
    });
    return runner.run({ signal: session.signal, drain: args.has('drain') });
  });
  const jobs = [...ended.values()];
  const countOf = (wanted: JobRecord['state']): number => jobs.filter(({ state }) => state === wanted).length;
  return {
    wire: () => ({
      action: 'run',
      succeeded: countOf('succeeded'),
      failed: countOf('failed'),
      jobs: jobs.map((job) => shownJob(queue, job)),
    }),
    text: (screen) => endedJobsText(screen, jobs),
  };
}
