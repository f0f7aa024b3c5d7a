import type { VerifyReport } from '../../domain/results.ts';
import type { VerifyOptions } from '../../orchestrator/api.ts';
import { verifyFault } from '../../orchestrator/report-faults.ts';
import { type Failed, hasFailed, resultsWire, type Tried, tryEach } from '../../wire/tried.ts';
import { verifyWire } from '../../wire/verify-wire.ts';
import { chosenRefs, targetOptions } from '../chosen-refs.ts';
import type { Command } from '../command.ts';
import { NO_ERROR_TEXT, PROGRESS_OPTION, SELECTION_OPTIONS, STOP_OPTION, SUBSET_OPTION } from '../common-options.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { verifyText } from '../render/verify-text.ts';
import { endedWith } from '../report.ts';
import type { Session } from '../session.ts';
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
    NO_ERROR_TEXT,
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
    return {
      wire: () => ({ results: resultsWire(tried, verifyWire) }),
      text: (screen) => verifyText(screen, tried),
      ...endedWith(faultsOf(tried)),
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

/** The models that could not be verified, or were found wrong. */
const faultsOf = (tried: readonly Tried<VerifyReport>[]): readonly Failed[] =>
  tried.flatMap((one) => {
    const error = hasFailed(one) ? one.error : verifyFault(one.value);
    return error === undefined ? [] : [{ ref: one.ref, error }];
  });
