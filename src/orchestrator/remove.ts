/** `rm`: takes a model out of use and gives back the bytes that nobody else counts on. */
import type { Sha256 } from '../domain/digest.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { FileSpec } from '../domain/spec.ts';
import { keptTrash } from '../store/kept-trash.ts';
import { openStore } from '../store/open-store.ts';
import { recover } from '../store/recover.ts';
import { readSnapshot } from '../store/snapshots.ts';
import { readStatKey } from '../store/stat-key.ts';
import { purgeTrash, removeSnapshot, sweepBlobs } from '../store/sweep.ts';
import { readCold } from '../store/tier-records.ts';
import type { RemoveOptions, RemoveResult } from './api.ts';
import { withKnownOutputs } from './derived-outputs.ts';
import { placeOf } from './named-place.ts';
import type { Orchestration } from './orchestration.ts';
import { inputsOf } from './plan-work.ts';
import { assertRemovable } from './removal-guard.ts';
import { removePartials, unfinishedKeys } from './remove-partials.ts';
import { resolveTarget, type Target } from './target.ts';

export async function removeModel(work: Orchestration, modelId: string, options: RemoveOptions = {}): Promise<RemoveResult> {
  const target = await resolveTarget(work, modelId, options);
  const emit = work.emitter(options, target.label);
  await openStore(work.store);
  const lock = work.store.resolver.modelLock(target.spec.family, target.spec.ref);
  const lease = await work.store.locks.acquire(lock, {
    timeoutMs: work.settings.lockTimeoutMs,
    doing: `rm ${formatRef(target.spec.ref)}`,
    ...(options.signal && { signal: options.signal }),
    onWait: ({ holder, waitedMs }) => emit({ type: 'lock.waiting', lock: lock.name, waitedMs, ...(holder && { holder }) }),
  });
  try {
    await recover(work.store, work.blobs, { wanted: [], onMended: (what, path) => emit({ type: 'recovery.done', what, path }) });
    return await removeLocked(work, target, options.force ?? false);
  } finally {
    await lease.release();
  }
}

async function removeLocked(work: Orchestration, target: Target, force: boolean): Promise<RemoveResult> {
  const { directory, spec } = target;
  const place = placeOf(work, spec.family, spec.ref);
  const guard = async (): Promise<void> => (force ? undefined : assertRemovable(work.store, place));
  await guard();
  const known = withKnownOutputs(work, { ...target, files: spec.files });
  const sizes = new Map([...publishedSizes(work, directory), ...blobSizes(work, [...known, ...inputsOf(known)])]);
  const removed = readStatKey(directory) !== undefined;
  let reclaimedBytes = removed ? await removeSnapshot(work.store, work.blobs, directory, guard) : 0;
  const trashed = keptTrash(work.store).filter((kept) => kept.family === spec.family && formatRef(kept.ref) === place.label);
  reclaimedBytes += await purgeTrash(work.store, work.blobs, trashed);
  await removePartials(work, unfinishedKeys(work, { ...target, files: spec.files }));
  // What an ensure that failed had committed, and never published; what derived files were made from.
  reclaimedBytes += await sweepBlobs(work.store, work.blobs, sizes.keys());
  const uniqueBytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const tier = readCold(work.store, spec.family, spec.ref)?.tier;
  return { path: directory, removed, reclaimedBytes, sharedBytes: uniqueBytes - reclaimedBytes, ...(tier !== undefined && { tier }) };
}

const publishedSizes = (work: Orchestration, directory: string): [Sha256, number][] =>
  (readSnapshot(work.store, directory)?.files ?? []).flatMap((file): [Sha256, number][] => [
    [file.sha256, file.key.sizeBytes],
    ...(file.derived?.from ?? []).flatMap((digest): [Sha256, number][] => {
      const blob = readStatKey(work.blobs.path(digest));
      return blob === undefined ? [] : [[digest, blob.sizeBytes]];
    }),
  ]);

const blobSizes = (work: Orchestration, files: readonly FileSpec[]): [Sha256, number][] =>
  files.flatMap(({ sha256, sizeBytes }): [Sha256, number][] =>
    sha256 !== undefined && work.blobs.state(sha256, sizeBytes) !== 'absent' ? [[sha256, sizeBytes]] : [],
  );
