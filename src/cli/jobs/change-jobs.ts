/** What can be asked of jobs that are on record: the same as over HTTP, whether or not a runner is there. */
import { JOB_ACTIONS, JOB_PRIORITIES, type JobAction, type JobRecord } from '../../domain/jobs.ts';
import type { JobQueue } from '../../jobs/job-queue.ts';
import { parseSize } from '../../util/parse-size.ts';
import { errorWire } from '../../wire/error-wire.ts';
import { shownJob } from '../../wire/job-wire.ts';
import { failuresOf, hasFailed, type Tried, tryEach } from '../../wire/tried.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { changedJobsText } from '../render/jobs-text.ts';
import { endedWith, type Report } from '../report.ts';
import type { Session } from '../session.ts';
import { usageError } from '../usage-error.ts';
import { openQueue } from './open-queue.ts';

type Change = (queue: JobQueue, id: string) => Promise<JobRecord>;
export type ChangeName = JobAction | 'priority' | 'limit';

/** `jobs pause ID…`, `jobs priority VALUE ID…`, `jobs limit RATE ID…` */
export async function changeJobs(session: Session, args: ParsedArgs): Promise<Report> {
  const [action = '', ...words] = args.operands;
  const name = action as ChangeName;
  const isPlain = (JOB_ACTIONS as readonly string[]).includes(name);
  const [value, ids] = isPlain ? [undefined, words] : [words[0], words.slice(1)];
  if (ids.length === 0) throw missingIds(name);
  const change = changeOf(name, value);
  const queue = await openQueue(session);
  const tried = await tryEach(ids, session.signal, (id) => change(queue, id));
  return {
    wire: () => ({ action: name, results: tried.map((one) => resultWire(queue, one)) }),
    text: (screen) => changedJobsText(screen, name, tried),
    ...endedWith(failuresOf(tried)),
  };
}

const resultWire = (queue: JobQueue, one: Tried<JobRecord>) =>
  hasFailed(one)
    ? { id: one.ref, ok: false as const, error: errorWire(one.error) }
    : { ok: true as const, job: shownJob(queue, one.value) };

function changeOf(name: ChangeName, value = ''): Change {
  if (name === 'priority') {
    const priority = priorityOf(value);
    return (queue, id) => queue.change(id, { priority });
  }
  if (name === 'limit') {
    const limitRateBytesPerSecond = limitOf(value);
    return (queue, id) => queue.change(id, { limitRateBytesPerSecond });
  }
  return (queue, id) => queue.act(id, name);
}

/** A name of {@link JOB_PRIORITIES}, or a number. @throws ModelError INVALID_INPUT */
export function priorityOf(text: string): number {
  if (Object.hasOwn(JOB_PRIORITIES, text)) return JOB_PRIORITIES[text as keyof typeof JOB_PRIORITIES];
  if (/^-?\d{1,3}$/.test(text)) return Number(text);
  throw usageError('invalid_value', `${JSON.stringify(text)} is no priority`, 'write low, normal, high, or a number from -100 to 100');
}

function limitOf(text: string): number | null {
  if (/^(?:off|none)$/i.test(text)) return null;
  const bytes = parseSize(text);
  if (bytes !== undefined && bytes > 0) return bytes;
  throw usageError('invalid_value', `${JSON.stringify(text)} is no limit`, 'write bytes a second, for example 20M, or off');
}

function missingIds(name: ChangeName) {
  const value = name === 'priority' ? ' high' : name === 'limit' ? ' 20M' : '';
  return usageError(
    'missing_operand',
    `wan models jobs ${name} needs to know which jobs`,
    `write \`wan models jobs ${name}${value} ID…\` (\`wan models jobs\` shows them)`,
  );
}
