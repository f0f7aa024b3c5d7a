import { repairWire } from '../../wire/repair-wire.ts';
import { failuresOf, resultsWire, tryEach, valuesOf } from '../../wire/tried.ts';
import { chosenRefs, targetOptions } from '../chosen-refs.ts';
import type { Command } from '../command.ts';
import { ENSURE_OPTIONS, PROGRESS_OPTION, SELECTION_OPTIONS } from '../common-options.ts';
import { ensureOptions } from '../ensure-options.ts';
import { EXIT } from '../exit-statuses.ts';
import { repairText } from '../render/repair-text.ts';
import { endedWith } from '../report.ts';
import { withProgress } from '../with-progress.ts';

/** Of an ensure, those that say how bytes are fetched. */
const FETCH_OPTIONS = ENSURE_OPTIONS.filter(({ name }) => ['jobs', 'connections', 'limit-rate', 'offline'].includes(name));

export const repair: Command = {
  summary: 'Read every byte, and mend what is wrong',
  description:
    'Good copies on this machine come first; of a large file only the bad 16 MiB pieces are fetched, where its pieces are on record. Every link to the file is healed, and the bad bytes stay in .quarantine. Exit status 10 of --dry-run says that there is something to mend.',
  schema: 'wan.models.repair/v1',
  operands: { name: 'REF', min: 0, max: Number.POSITIVE_INFINITY, completes: 'ref' },
  options: [
    { name: 'all', summary: 'every model of the manifest' },
    ...SELECTION_OPTIONS,
    { name: 'dry-run', summary: 'say what would be mended, and how many bytes that would fetch; change nothing' },
    ...FETCH_OPTIONS,
    PROGRESS_OPTION,
  ],
  examples: [
    { command: 'wan models repair t2v-A14B@2.2.0', what: 'verify it, then fetch only the bad pieces' },
    { command: 'wan models repair --all --dry-run', what: 'what is wrong, and what mending would cost' },
    { command: 'wan models repair t2v-A14B@2.2.0 --offline', what: 'only from copies on this machine' },
  ],
  exitStatuses: [3, 4, 5, 6, 7, 8, 9, EXIT.notComplete, 130, 143],
  run: async (session, args) => {
    const refs = await chosenRefs(session, args, { title: 'wan models repair', noneMeansAll: false });
    const orchestrator = await session.orchestrator();
    const options = {
      ...targetOptions(session, args),
      ...ensureOptions(session, args),
      ...(args.has('dry-run') && { dryRun: true }),
    };
    const tried = await withProgress(session, (onEvent) =>
      tryEach(refs, session.signal, (ref) => orchestrator.repair(ref, { ...options, onEvent })),
    );
    const failed = failuresOf(tried);
    const isRight = valuesOf(tried).every(({ ok }) => ok);
    return {
      wire: () => ({ results: resultsWire(tried, repairWire) }),
      text: (screen) => repairText(screen, tried),
      ...(failed.length > 0 ? endedWith(failed) : !isRight && { exitStatus: EXIT.notComplete }),
    };
  },
};
