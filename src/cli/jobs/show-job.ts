import type { JobRecord } from '../../domain/jobs.ts';
import type { JobQueue } from '../../jobs/job-queue.ts';
import { shownJob } from '../../wire/job-wire.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { jobText } from '../render/jobs-text.ts';
import type { Report } from '../report.ts';
import type { Session } from '../session.ts';
import { usageError } from '../usage-error.ts';
import { openQueue } from './open-queue.ts';

/** Changes nothing. */
export async function showJob(session: Session, args: ParsedArgs): Promise<Report> {
  const [, id, ...more] = args.operands;
  const { queue, job } = await namedJob(session, id, { more, title: 'wan models jobs show' });
  const shown = shownJob(queue, job);
  return { wire: () => ({ action: 'show', job: shown }), text: (screen) => jobText(screen, shown) };
}

/** @throws ModelError INVALID_INPUT unless exactly one is named, JOB_NOT_FOUND */
export async function namedJob(
  session: Session,
  id: string | undefined,
  { more, title }: { readonly more: readonly string[]; readonly title: string },
): Promise<{ queue: JobQueue; job: JobRecord }> {
  if (id === undefined || more.length > 0)
    throw usageError('missing_operand', `${title} is about one job`, `write \`${title} ID\` (\`wan models jobs\` shows them)`);
  const queue = await openQueue(session);
  return { queue, job: queue.find(id) };
}
