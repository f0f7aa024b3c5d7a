import { ModelError } from '../../domain/errors.ts';
import { hasWork, type RebuildReport } from '../../domain/rebuild.ts';
import { rebuildWire } from '../../wire/rebuild-wire.ts';
import type { Command } from '../command.ts';
import { PROGRESS_OPTION } from '../common-options.ts';
import { EXIT } from '../exit-statuses.ts';
import { rebuildText } from '../render/rebuild-text.ts';
import { withProgress } from '../with-progress.ts';

export const rebuild: Command = {
  summary: 'Find out again what is lost of the state of this store',
  description:
    'Reads blobs and models of which no proof is on record, and writes what that shows: STORE.json, proofs, pieces, records of models, derivations. Fetches nothing and removes nothing; what is wrong is marked, for `repair`. Pins cannot be found out again. Killed and run again, it goes on. Exit status 10 of --dry-run says that there is something to rebuild.',
  schema: 'wan.models.rebuild/v1',
  options: [{ name: 'dry-run', summary: 'say what is lost and how much would be read; change nothing' }, PROGRESS_OPTION],
  examples: [
    { command: 'wan models rebuild', what: 'after a restore from a backup, or when .state was removed' },
    { command: 'wan models rebuild --dry-run', what: 'what is lost, and how much would have to be read' },
  ],
  exitStatuses: [5, 7, 9, EXIT.notComplete, 130, 143],
  run: async (session, args) => {
    const orchestrator = await session.orchestrator();
    const options = { signal: session.signal, ...(args.has('dry-run') && { dryRun: true }) };
    const report = await withProgress(session, (onEvent) => orchestrator.rebuild({ ...options, onEvent }));
    const error = report.isDryRun ? undefined : faultOf(report);
    return {
      wire: () => rebuildWire(report),
      text: (screen) => rebuildText(screen, report),
      ...(error ? { error } : report.isDryRun && hasWork(report) && { exitStatus: EXIT.notComplete }),
    };
  },
};

/** A file that is only missing is no fault of bytes: the next ensure brings it. */
function faultOf({ badBlobs, snapshots }: RebuildReport): ModelError | undefined {
  const wrong = snapshots.filter(({ state, badFiles }) => state === 'lost' || badFiles.length > 0);
  if (badBlobs.length === 0 && wrong.length === 0) return undefined;
  const [first] = wrong;
  const what =
    badBlobs.length > 0
      ? `${badBlobs.length} ${badBlobs.length === 1 ? 'blob holds' : 'blobs hold'} other bytes`
      : `${first?.path} could not be rebuilt`;
  return new ModelError('CHECKSUM_FAIL', `not all of the store is right: ${what}`, {
    reason: 'rebuild_incomplete',
    hint: 'mend with `wan models repair --all`; a folder that the manifest does not name is nobody’s: add its model to the manifest, or move it away',
    details: { bad_blobs: badBlobs, snapshots: wrong.map(({ path }) => path) },
  });
}
