/** `jobs add KIND [REF…]`: one job for each model, for whoever runs the jobs of this root. */
import { JOB_KINDS, type JobKind } from '../../domain/jobs.ts';
import type { JobQueue, Submitted } from '../../jobs/job-queue.ts';
import type { AskedJob } from '../../jobs/job-request.ts';
import { shownJob } from '../../wire/job-wire.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { addedJobsText } from '../render/jobs-text.ts';
import type { Report } from '../report.ts';
import type { Session } from '../session.ts';
import { suggestion, usageError } from '../usage-error.ts';
import { priorityOf } from './change-jobs.ts';
import { openQueue } from './open-queue.ts';

export async function addJobs(session: Session, args: ParsedArgs): Promise<Report> {
  const asked = askedJobs(args);
  const queue = await openQueue(session);
  const submitted = await submitAll(session, args, { queue, asked });
  const runner = await queue.hasRunner();
  return {
    wire: () => ({
      action: 'add',
      runner,
      results: submitted.map(({ job, isNew }) => ({ ok: true as const, is_new: isNew, job: shownJob(queue, job) })),
    }),
    text: (screen) => addedJobsText(screen, submitted, runner),
  };
}

/** None is queued where one of them cannot be. */
async function submitAll(
  session: Session,
  args: ParsedArgs,
  { queue, asked }: { readonly queue: JobQueue; readonly asked: readonly AskedJob[] },
): Promise<readonly Submitted[]> {
  const { resolveRequest } = await import('../../jobs/job-request.ts');
  const orchestrator = await session.orchestrator();
  const requests = await Promise.all(asked.map((one) => resolveRequest(one, orchestrator)));
  const priority = args.text('priority');
  const limitRateBytesPerSecond = args.sizeBytes('limit-rate');
  const idempotencyKey = args.text('key');
  if (idempotencyKey !== undefined && requests.length > 1)
    throw usageError('conflicting_options', '--key is of one job', 'write one command for each model, each with a key of its own');
  const submitted: Submitted[] = [];
  for (const request of requests) {
    submitted.push(
      await queue.submit(request, {
        origin: 'cli',
        ...(await session.callIds()),
        ...(priority !== undefined && { priority: priorityOf(priority) }),
        ...(limitRateBytesPerSecond !== undefined && { limitRateBytesPerSecond }),
        ...(idempotencyKey !== undefined && { idempotencyKey }),
      }),
    );
  }
  return submitted;
}

function askedJobs(args: ParsedArgs): readonly AskedJob[] {
  const [, word = '', ...refs] = args.operands;
  const kind = JOB_KINDS.find((name) => name === word);
  if (kind === undefined) {
    const hint = suggestion(word, JOB_KINDS, { otherwise: `write \`wan models jobs add ${JOB_KINDS.join('|')}\`` });
    throw usageError(
      'invalid_value',
      word === '' ? 'wan models jobs add needs to know what is to be done' : `there are no jobs of the kind ${JSON.stringify(word)}`,
      hint,
    );
  }
  if (kind === 'gc' || kind === 'scrub') {
    if (refs.length > 0)
      throw usageError('conflicting_options', `a ${kind} is of the whole store`, `write \`wan models jobs add ${kind}\``);
    return [kind === 'gc' ? gcOf(args) : scrubOf(args)];
  }
  if (kind === 'lock') return [{ kind, models: refs }];
  if (refs.length === 0)
    throw usageError(
      'missing_operand',
      `wan models jobs add ${kind} needs to know which models`,
      `write \`wan models jobs add ${kind} REF…\``,
    );
  return refs.map((model) => ofModel(kind, model, args));
}

function ofModel(kind: Exclude<JobKind, 'gc' | 'scrub' | 'lock'>, model: string, args: ParsedArgs): AskedJob {
  const variant = args.text('variant');
  const overlays = args.texts('overlay');
  const target = { model, ...(variant !== undefined && { variant }), ...(overlays.length > 0 && { overlays: [...overlays] }) };
  if (kind === 'verify') return { kind, ...target, ...(args.has('deep') && { deep: true }) };
  if (kind === 'repair') return { kind, ...target };
  const lists = Object.fromEntries(
    (['components', 'include', 'exclude'] as const).flatMap((name) => (args.has(name) ? [[name, [...args.texts(name)]]] : [])),
  );
  return { kind, ...target, ...lists, ...(args.has('force') && { force: true }) };
}

function gcOf(args: ParsedArgs): AskedJob {
  const [olderThanMs, maxSizeBytes, freeBytes] = [args.durationMs('older-than'), args.sizeBytes('max-size'), args.sizeBytes('free')];
  return {
    kind: 'gc',
    ...(olderThanMs !== undefined && { older_than_ms: olderThanMs }),
    ...(maxSizeBytes !== undefined && { max_size_bytes: maxSizeBytes }),
    ...(freeBytes !== undefined && { free_bytes: freeBytes }),
  };
}

function scrubOf(args: ParsedArgs): AskedJob {
  const maxAgeMs = args.durationMs('max-age');
  return { kind: 'scrub', ...(maxAgeMs !== undefined && { max_age_ms: maxAgeMs }) };
}
