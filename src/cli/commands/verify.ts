import { ModelError } from '../../domain/errors.ts';
import { formatRef } from '../../domain/model-ref.ts';
import type { VerifyReport } from '../../domain/results.ts';
import { chosenRefs, targetOptions } from '../chosen-refs.ts';
import type { Command } from '../command.ts';
import { PROGRESS_OPTION, SELECTION_OPTIONS } from '../common-options.ts';
import { startProgress } from '../progress/start-progress.ts';
import { verifyText } from '../render/verify-text.ts';
import { hasFailed, resultsWire, type Tried, tryEach } from '../tried.ts';
import { verifyWire } from '../wire/verify-wire.ts';

export const verify: Command = {
  summary: 'Read every byte again and compare it with the manifest',
  description: 'What is found wrong shows in status until `repair`, or the next `ensure`, mends it. Nothing is removed.',
  schema: 'wan.models.verify/v1',
  operands: { name: 'REF', min: 0, max: Number.POSITIVE_INFINITY, completes: 'ref' },
  options: [{ name: 'all', summary: 'every model of the manifest' }, ...SELECTION_OPTIONS, PROGRESS_OPTION],
  examples: [
    { command: 'wan models verify t2v-A14B@2.2.0', what: 'one model' },
    { command: 'wan models verify --all --json', what: 'everything, for a nightly job' },
  ],
  exitStatuses: [3, 5, 9, 130, 143],
  run: async (session, args) => {
    const refs = await chosenRefs(session, args, { title: 'wan models verify', noneMeansAll: false });
    const orchestrator = await session.orchestrator();
    const progress = await startProgress(session);
    try {
      const act = (ref: string) => orchestrator.verifyIntegrity(ref, { ...targetOptions(session, args), onEvent: progress.sink });
      const tried = await tryEach(refs, session.signal, act);
      const error = firstFault(tried);
      return {
        wire: () => ({ results: resultsWire(tried, verifyWire) }),
        text: (screen) => verifyText(screen, tried),
        ...(error && { error }),
      };
    } finally {
      await progress.stop();
    }
  },
};

/** The first model that could not be verified, or was found wrong. */
function firstFault(tried: readonly Tried<VerifyReport>[]): ModelError | undefined {
  const first = tried.find((one) => hasFailed(one) || !one.value.ok);
  if (first === undefined) return undefined;
  return hasFailed(first) ? first.error : wrongBytes(first.value);
}

function wrongBytes({ ref, files }: VerifyReport): ModelError {
  const wrong = files.filter(({ ok }) => !ok).map(({ path }) => path);
  const named = wrong.length > 3 ? `${wrong.slice(0, 3).join(', ')} and ${wrong.length - 3} more` : wrong.join(', ');
  return new ModelError('CHECKSUM_FAIL', `${formatRef(ref)}: ${named} ${wrong.length === 1 ? 'is' : 'are'} not as the manifest says`, {
    reason: 'verification_failed',
    hint: `mend with \`wan models repair ${formatRef(ref)}\``,
    details: { files: wrong },
  });
}
