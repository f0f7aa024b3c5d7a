/** `rm`: takes a model out of use and gives back the bytes that nobody else counts on. */
import type { Sha256 } from '../domain/digest.ts';
import { isModelError } from '../domain/errors.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { FileSpec } from '../domain/spec.ts';
import { knownEntries } from '../registry/entries/read-entries.ts';
import { keptTrash } from '../store/kept-trash.ts';
import { openStore } from '../store/open-store.ts';
import { recover } from '../store/recover.ts';
import { ownBytesOf, secondNamesSeemToCost } from '../store/second-names.ts';
import { readSnapshot } from '../store/snapshots.ts';
import { readStatKey } from '../store/stat-key.ts';
import { purgeTrash, removeSnapshot, sweepBlobs } from '../store/sweep.ts';
import { readCold } from '../store/tier-records.ts';
import type { RemoveOptions, RemoveResult } from './api.ts';
import { withKnownOutputs } from './derived-outputs.ts';
import { type NamedPlace, namedPlace } from './named-place.ts';
import type { Orchestration } from './orchestration.ts';
import { inputsOf } from './plan-work.ts';
import { assertRemovable } from './removal-guard.ts';
import { removePartials, unfinishedKeys } from './remove-partials.ts';
import { resolveTarget, type Target } from './target.ts';

/** Also of a model that the manifest has no more: what is on disk is found by its record. */
export async function removeModel(work: Orchestration, modelId: string, options: RemoveOptions = {}): Promise<RemoveResult> {
  const place = await namedPlace(work, modelId, options);
  const target = await listedTarget(work, modelId, options);
  const emit = work.emitter(options, place.label);
  await openStore(work.store);
  const lock = work.store.resolver.modelLock(place.family, place.ref);
  const lease = await work.store.locks.acquire(lock, {
    timeoutMs: work.settings.lockTimeoutMs,
    doing: `rm ${place.label}`,
    ...(options.signal && { signal: options.signal }),
    onWait: ({ holder, waitedMs }) => emit({ type: 'lock.waiting', lock: lock.name, waitedMs, ...(holder && { holder }) }),
  });
  try {
    await recover(work.store, work.blobs, { wanted: [], onMended: (what, path) => emit({ type: 'recovery.done', what, path }) });
    const removed = await removeLocked(work, { place, force: options.force ?? false, ...(target && { target }) });
    return (await isRegistered(work, place)) ? { ...removed, isRegistered: true } : removed;
  } finally {
    await lease.release();
  }
}

async function isRegistered(work: Orchestration, { ref: { modelId } }: NamedPlace): Promise<boolean> {
  const entry = knownEntries(work.entriesPath).get(modelId);
  return entry?.isCustom === true && entry.deletedAt === undefined && !(await work.registry()).isInManifest(modelId);
}

/** Undefined where the manifest has it no more. */
async function listedTarget(work: Orchestration, modelId: string, options: RemoveOptions): Promise<Target | undefined> {
  try {
    return await resolveTarget(work, modelId, options);
  } catch (error) {
    if (isModelError(error, 'MODEL_NOT_FOUND') || isModelError(error, 'VARIANT_NOT_FOUND')) return undefined;
    throw error;
  }
}

interface Removal {
  readonly place: NamedPlace;
  readonly target?: Target;
  readonly force: boolean;
}

async function removeLocked(work: Orchestration, { place, target, force }: Removal): Promise<RemoveResult> {
  const { directory, label, family } = place;
  const guard = async (): Promise<void> => (force ? undefined : assertRemovable(work.store, place));
  await guard();
  const sizes = new Map([...publishedSizes(work, directory), ...(target === undefined ? [] : listedSizes(work, target))]);
  const removed = readStatKey(directory) !== undefined;
  const trashed = keptTrash(work.store).filter((kept) => kept.family === family && formatRef(kept.ref) === label);
  const copiedBytes = copiesIn(work, [...(removed ? [directory] : []), ...trashed.map(({ snapshot }) => snapshot)]);
  let blobBytes = removed ? await removeSnapshot(work.store, work.blobs, directory, guard) : 0;
  blobBytes += await purgeTrash(work.store, work.blobs, trashed);
  if (target !== undefined) await removePartials(work, unfinishedKeys(work, { ...target, files: target.spec.files }));
  // What an ensure that failed had committed, and never published; what derived files were made from.
  blobBytes += await sweepBlobs(work.store, work.blobs, sizes.keys());
  const uniqueBytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const tier = readCold(work.store, family, place.ref)?.tier;
  const sharedBytes = Math.max(0, uniqueBytes - blobBytes);
  return { label, path: directory, removed, reclaimedBytes: blobBytes + copiedBytes, sharedBytes, ...(tier !== undefined && { tier }) };
}

/** Beside blobs: on a volume where second names cost, each directory has copies of its own. */
function copiesIn({ store }: Orchestration, directories: readonly string[]): number {
  const isCopying = directories.length > 0 && secondNamesSeemToCost(store);
  return directories.reduce((sum, directory) => sum + ownBytesOf(readSnapshot(store, directory), isCopying), 0);
}

function listedSizes(work: Orchestration, target: Target): [Sha256, number][] {
  const known = withKnownOutputs(work, { ...target, files: target.spec.files });
  return blobSizes(work, [...known, ...inputsOf(known)]);
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
