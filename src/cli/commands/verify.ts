import { ModelError } from '../../domain/errors.ts';
import { formatRef } from '../../domain/model-ref.ts';
import type { VerifyReport } from '../../domain/results.ts';
import type { VerifyOptions } from '../../orchestrator/api.ts';
import { chosenRefs, targetOptions } from '../chosen-refs.ts';
import type { Command } from '../command.ts';
import { PROGRESS_OPTION, SELECTION_OPTIONS, STOP_OPTION, SUBSET_OPTION } from '../common-options.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { verifyText } from '../render/verify-text.ts';
import type { Session } from '../session.ts';
import { hasFailed, resultsWire, type Tried, tryEach } from '../tried.ts';
import { verifyWire } from '../wire/verify-wire.ts';
import { withProgress } from '../with-progress.ts';

export const verify: Command = {
  summary: 'Read every byte again and compare it with the manifest',
  description: 'What is found wrong shows in status until `repair`, or the next `ensure`, mends it. Nothing is removed.',
  schema: 'wan.models.verify/v1',
  operands: { name: 'REF', min: 0, max: Number.POSITIVE_INFINITY, completes: 'ref' },
  options: [
    { name: 'all', summary: 'every model of the manifest' },
    ...SELECTION_OPTIONS,
    { name: 'deep', summary: 'hash whole files, whatever is on record of their pieces, and read the headers of weights' },
    SUBSET_OPTION,
    { name: 'resume', summary: 'go on where a verification stopped that was killed or interrupted' },
    { name: 'limit-rate', value: 'SIZE', summary: 'read at most this many bytes a second, for example 200M' },
    STOP_OPTION,
    PROGRESS_OPTION,
  ],
  examples: [
    { command: 'wan models verify t2v-A14B@2.2.0', what: 'one model' },
    { command: 'wan models verify --all --subset 1/7 --limit-rate 200M', what: 'a seventh of all files, for a job of each weekday' },
    { command: 'wan models verify --all --resume', what: 'go on after a restart' },
    { command: 'wan models verify --all --json', what: 'everything, for a nightly job' },
  ],
  exitStatuses: [3, 5, 9, 130, 143],
  run: async (session, args) => {
    const refs = await chosenRefs(session, args, { title: 'wan models verify', noneMeansAll: false });
    const options = verifyOptions(session, args);
    const orchestrator = await session.orchestrator();
    const tried = await withProgress(session, (onEvent) =>
      tryEach(refs, session.signal, (ref) => orchestrator.verifyIntegrity(ref, { ...options, onEvent })),
    );
    const error = firstFault(tried);
    return {
      wire: () => ({ results: resultsWire(tried, verifyWire) }),
      text: (screen) => verifyText(screen, tried),
      ...(error && { error }),
    };
  },
};

function verifyOptions(session: Session, args: ParsedArgs): VerifyOptions {
  const limitRateBytesPerSecond = args.sizeBytes('limit-rate');
  const subset = args.subset('subset');
  return {
    ...targetOptions(session, args),
    ...(args.has('deep') && { deep: true }),
    ...(args.has('resume') && { resume: true }),
    ...(subset !== undefined && { subset }),
    ...(limitRateBytesPerSecond !== undefined && { limitRateBytesPerSecond }),
  };
}

/** The first model that could not be verified, or was found wrong. */
function firstFault(tried: readonly Tried<VerifyReport>[]): ModelError | undefined {
  const first = tried.find((one) => hasFailed(one) || !one.value.ok);
  if (first === undefined) return undefined;
  return hasFailed(first) ? first.error : wrongBytes(first.value);
}

function wrongBytes({ ref, files, formatFaults }: VerifyReport): ModelError {
  const wrong = files.filter(({ ok }) => !ok).map(({ path }) => path);
  const [format] = formatFaults;
  if (wrong.length === 0 && format !== undefined) {
    return new ModelError('FORMAT_INVALID', `${formatRef(ref)}: ${format.path} has the bytes that the manifest names; ${format.message}`, {
      reason: format.reason,
      details: { files: formatFaults.map(({ path }) => path) },
    });
  }
  const named = wrong.length > 3 ? `${wrong.slice(0, 3).join(', ')} and ${wrong.length - 3} more` : wrong.join(', ');
  return new ModelError('CHECKSUM_FAIL', `${formatRef(ref)}: ${named} ${wrong.length === 1 ? 'is' : 'are'} not as the manifest says`, {
    reason: 'verification_failed',
    hint: `mend with \`wan models repair ${formatRef(ref)}\``,
    details: { files: wrong },
  });
}
