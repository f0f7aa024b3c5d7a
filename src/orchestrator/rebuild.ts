/**
 * `rebuild`: what is lost of a store's state, found out again from blobs and snapshots: STORE.json, proofs, pieces, records of snapshots,
 * derivations. By reading: nothing is believed that was not hashed, or whose proof is on record still. Killed and run again it goes on, since what was proven is on record.
 */
import { existsSync } from 'node:fs';
import { ModelError } from '../domain/errors.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { RebuildReport, RebuiltSnapshot } from '../domain/rebuild.ts';
import { checkStore, openStore, readStoreId } from '../store/open-store.ts';
import { recover } from '../store/recover.ts';
import { listSnapshots } from '../store/snapshots.ts';
import { readStatKey } from '../store/stat-key.ts';
import { sum } from '../util/sum.ts';
import type { RebuildOptions } from './api.ts';
import type { Orchestration } from './orchestration.ts';
import { plannedMending } from './plan-rebuild.ts';
import { proveBlobs } from './prove-blobs.ts';
import { recordDerivations, relinkStale } from './rebuild-links.ts';
import { type SeenSnapshot, seeSnapshot, splitBlobs } from './rebuild-look.ts';
import { rebuildSnapshot } from './rebuild-snapshot.ts';

export async function rebuildStore(work: Orchestration, options: RebuildOptions = {}): Promise<RebuildReport> {
  const startedMs = work.store.clock.monotonic();
  const { root } = work.store.resolver;
  if (!existsSync(root)) throw new ModelError('INVALID_CONFIG', `there is no folder ${root} to rebuild a store in`, { reason: 'no_store' });
  checkStore(work.store);
  const outcome = options.dryRun ? await planRebuild(work) : await runRebuild(work, options);
  const { badBlobs, snapshots } = outcome;
  const isWhole = ({ state, badFiles, missingFiles }: RebuiltSnapshot): boolean =>
    state !== 'lost' && badFiles.length === 0 && missingFiles.length === 0;
  return {
    ...outcome,
    ok: badBlobs.length === 0 && snapshots.every(isWhole),
    durationMs: work.store.clock.monotonic() - startedMs,
  };
}

type RebuildOutcome = Omit<RebuildReport, 'ok' | 'durationMs'>;

async function planRebuild(work: Orchestration): Promise<RebuildOutcome> {
  const { store, blobs } = work;
  const storeRecordMade = readStoreId(store) === undefined;
  const inodes = splitBlobs(work);
  const { open, proven, unproven } = inodes;
  const directories = listSnapshots(store);
  const seen: SeenSnapshot[] = [];
  for (const directory of directories) seen.push(await seeSnapshot(work, directory, inodes));
  // A link of a blob that is to be read needs no reading of its own.
  const unread = seen.flatMap(({ copies }) => copies.filter(({ digest, key }) => digest === undefined && !unproven.has(key.ino)));
  const snapshots = seen.map((one) => described(work, one, [])).filter(hasNews);
  return {
    ...{ isDryRun: true, storeRecordMade, badBlobs: [], snapshots, ...plannedMending(work, seen) },
    blobCount: open.length + proven.size,
    provenCount: proven.size,
    readCount: open.length,
    snapshotCount: directories.length,
    bytesRead: sum([...open.map((digest) => readStatKey(blobs.path(digest))?.sizeBytes ?? 0), ...unread.map(({ key }) => key.sizeBytes)]),
  };
}

async function runRebuild(work: Orchestration, options: RebuildOptions): Promise<RebuildOutcome> {
  const { store, blobs } = work;
  const emit = work.emitter(options, 'the store');
  const storeRecordMade = readStoreId(store) === undefined;
  await openStore(store);
  await recover(store, blobs, { wanted: [], onMended: (what, path) => emit({ type: 'recovery.done', what, path }) });
  const before = splitBlobs(work);
  let totalBytes = 0;
  const read = await proveBlobs(work, before.open, {
    ...(options.signal && { signal: options.signal }),
    onProgress: (doneBytes, blobBytes) => {
      totalBytes = blobBytes;
      emit({ type: 'verify.progress', doneBytes, totalBytes });
    },
  });
  const snapshots: RebuiltSnapshot[] = [];
  const stale = new Set<string>();
  const { unproven, ...now } = splitBlobs(work);
  const proven = new Map(now.proven);
  let [adoptedCount, snapshotBytes] = [0, 0];
  const directories = listSnapshots(store);
  for (const directory of directories) {
    const seen = await seeSnapshot(work, directory, { proven, unproven });
    const rebuilt = await rebuildSnapshot(work, seen, options);
    adoptedCount += rebuilt.adopted.length;
    // A blob that one snapshot gave back proves the links of the next.
    for (const digest of rebuilt.adopted) {
      const key = readStatKey(blobs.path(digest));
      if (key !== undefined && blobs.ledger.proves(digest, key)) proven.set(key.ino, { digest, key });
    }
    snapshotBytes += rebuilt.bytesRead;
    for (const digest of rebuilt.stale) stale.add(digest);
    const news = described(work, seen, rebuilt.badFiles, rebuilt.isWritten);
    if (hasNews(news)) snapshots.push(news);
  }
  return {
    ...{ isDryRun: false, storeRecordMade, snapshots, adoptedCount },
    blobCount: before.open.length + before.proven.size + adoptedCount,
    provenCount: before.proven.size,
    readCount: read.filter(({ verdict }) => verdict === 'right').length,
    badBlobs: read.filter(({ verdict }) => verdict === 'wrong' || verdict === 'unreadable').map(({ digest }) => digest),
    links: await relinkStale(work, stale),
    derivationCount: await recordDerivations(work),
    snapshotCount: directories.length,
    bytesRead: sum(read.map(({ sizeBytes }) => sizeBytes)) + snapshotBytes,
  };
}

function described({ store }: Orchestration, seen: SeenSnapshot, badFiles: readonly string[], isWritten = true): RebuiltSnapshot {
  const { directory, record, spec, copies, missing: missingFiles } = seen;
  const ref = record?.ref ?? spec?.ref;
  const isFound = spec !== undefined && copies.length > 0 && isWritten;
  return {
    path: store.resolver.relative(directory),
    ...(ref && { ref: formatRef(ref) }),
    state: record !== undefined ? 'kept' : isFound ? 'rebuilt' : 'lost',
    fileCount: record?.files.length ?? copies.length - badFiles.length,
    badFiles,
    missingFiles,
  };
}

const hasNews = ({ state, badFiles, missingFiles }: RebuiltSnapshot): boolean =>
  state !== 'kept' || badFiles.length > 0 || missingFiles.length > 0;
