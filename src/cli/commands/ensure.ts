import { isModelError, type ModelError } from '../../domain/errors.ts';
import type { EnsureOptions } from '../../orchestrator/api.ts';
import { ensureWire } from '../../wire/ensure-wire.ts';
import { failuresOf, resultsWire, tryEach } from '../../wire/tried.ts';
import { chosenRefs } from '../chosen-refs.ts';
import type { Command } from '../command.ts';
import { ENSURE_OPTIONS, NO_ERROR_TEXT, PROGRESS_OPTION, STOP_OPTION } from '../common-options.ts';
import { ensureOptions, presignedMap } from '../ensure-options.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { startProgress } from '../progress/start-progress.ts';
import { ensureText } from '../render/ensure-text.ts';
import { endedWith, type Report } from '../report.ts';
import { resumeLine } from '../resume-line.ts';
import type { Session } from '../session.ts';

const TITLE = 'wan models ensure';

export const ensure: Command = {
  summary: 'Make models real: fetch what is missing, prove it, publish it',
  description:
    'Returns at once where a model is complete. What was fetched before an interruption is kept and used. Of several models all are tried; the exit status is that of the first failure in manifest order.',
  schema: 'wan.models.ensure/v1',
  operands: { name: 'REF', min: 0, max: Number.POSITIVE_INFINITY, completes: 'ref' },
  options: [
    ...ENSURE_OPTIONS,
    { name: 'dry-run', summary: 'only show the plan; change nothing' },
    STOP_OPTION,
    NO_ERROR_TEXT,
    PROGRESS_OPTION,
  ],
  examples: [
    { command: 'wan models ensure t2v-A14B@2.2.0', what: 'one model, its default variant' },
    { command: 'wan models ensure --all --limit-rate 50M', what: 'everything, leaving bandwidth to others' },
    { command: 'wan models ensure t2v-A14B@2.2.0@bf16 --components text_encoder,vae', what: 'a part of another variant' },
    { command: 'wan models ensure t2v-A14B@2.2.0 --presigned urls.json', what: 'from signed URLs that somebody handed out' },
    { command: 'wan models ensure --all --dry-run', what: 'what would be fetched' },
  ],
  exitStatuses: [3, 4, 5, 6, 7, 8, 9, 130, 143],
  run: async (session, args) => (args.has('dry-run') ? dryRun(session, args) : ensureAll(session, args)),
};

async function dryRun(session: Session, args: ParsedArgs): Promise<Report> {
  const { plan } = await import('./plan.ts');
  return { schema: plan.schema, ...(await plan.run(session, args)) };
}

async function ensureAll(session: Session, args: ParsedArgs): Promise<Report> {
  const asked = ensureOptions(session, args);
  const refs = await chosenRefs(session, args, { title: TITLE, noneMeansAll: false });
  const presigned = await presignedMap(session, args, refs);
  const options = { ...asked, ...(presigned && { resolveUrl: presigned.resolveUrl }) };
  const orchestrator = await session.orchestrator();
  const progress = await startProgress(session);
  // Of several models none begins where not all fit.
  const hold = refs.length > 1 ? orchestrator.holdSpace(refs, { ...options, onEvent: progress.sink }) : undefined;
  try {
    const deadline = deadlineOf(options);
    const act = (ref: string) =>
      orchestrator.ensureDetailed(ref, { ...options, ...deadline(), ...(hold && { hold }), onEvent: progress.sink });
    const tried = await tryEach(refs, session.signal, act);
    const failed = failuresOf(tried).map(({ ref, error }) => ({ ref, error: resumable(error, session) }));
    return {
      wire: () => ({ results: resultsWire(tried, ensureWire) }),
      text: (screen) => ensureText(screen, tried),
      ...endedWith(failed),
    };
  } finally {
    await hold?.[Symbol.asyncDispose]();
    await progress.stop();
  }
}

/** `--timeout` is for all models together: each gets what is left. */
function deadlineOf({ timeoutMs }: EnsureOptions): () => { timeoutMs?: number } {
  if (timeoutMs === undefined) return () => ({});
  const end = performance.now() + timeoutMs;
  return () => ({ timeoutMs: Math.max(1, Math.round(end - performance.now())) });
}

function resumable(error: ModelError, session: Session): ModelError {
  if (!isModelError(error, 'CANCELLED')) return error;
  return error.with({ hint: `resume with: ${resumeLine(session.argv)}` });
}
