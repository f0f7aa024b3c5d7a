/** Removing what a plan names: each is looked at again, under its lock, right before it goes. */
import { lstatSync } from 'node:fs';
import { describeHolder } from '../../domain/describe-holder.ts';
import { parseSha256 } from '../../domain/digest.ts';
import { isModelError } from '../../domain/errors.ts';
import type { GcItem, GcModel } from '../../domain/gc.ts';
import { lastUseMs } from '../../store/access.ts';
import { someForeignFile } from '../../store/foreign-files.ts';
import { liveIntents, namedBy } from '../../store/intents.ts';
import { keptAt } from '../../store/kept-trash.ts';
import { type FileUser, readOpenFiles } from '../../store/open-files.ts';
import { removePath } from '../../store/remove-path.ts';
import { lastChangeMs } from '../../store/scan-store.ts';
import type { SnapshotRecord } from '../../store/snapshot-record.ts';
import { readSnapshot } from '../../store/snapshots.ts';
import { readStatKey } from '../../store/stat-key.ts';
import { keepSnapshotInTrash, purgeTrash, removeSnapshot, sweepBlobs } from '../../store/sweep.ts';
import { placeOf } from '../named-place.ts';
import type { Orchestration } from '../orchestration.ts';
import { assertRemovable } from '../removal-guard.ts';
import { foreignPhrase, type Kept, openPhrase } from './judge-model.ts';

/** What was freed, or why it stays. */
export type Outcome = { readonly freedBytes: number } | { readonly trashedBytes: number } | Kept;

/** Thrown under the locks: the removal does not begin. */
class Spared extends Error {
  readonly kept: Kept;

  constructor(kept: Kept) {
    super(kept.why);
    this.kept = kept;
  }
}

/** Waits for nobody: whoever has the model's lock works on it. */
export async function removePlannedModel(work: Orchestration, { model, action, bytes, reason, ownBytes = 0 }: GcItem): Promise<Outcome> {
  if (model === undefined) throw new Error('a model is removed by what was seen of it');
  const { store } = work;
  const place = placeOf(work, model.family, model.ref);
  const lock = store.resolver.modelLock(model.family, model.ref);
  const lease = await store.locks.tryAcquire(lock, { doing: `gc ${place.label}` });
  if (lease === undefined) {
    const holder = await store.locks.holder(lock.path);
    return { reason: 'at_work', why: `${describeHolder(holder)} works on it` };
  }
  try {
    const record = assertUnchanged(work, model, place.directory);
    assertNotOpen(work, place.directory, record);
    const guard = async (): Promise<void> => {
      await assertRemovable(store, place);
      await assertNoIntent(work, place.label);
      assertNothingForeign(place.directory, assertUnchanged(work, model, place.directory));
    };
    const lookAgain = (): void => assertUnused(work, model);
    const keeping = { family: model.family, ref: model.ref, ttlMs: work.settings.trashTtlMs, reason };
    if (action === 'trash' && (await isKept(() => keepSnapshotInTrash(store, place.directory, keeping, guard, lookAgain))))
      return { trashedBytes: bytes };
    return { freedBytes: ownBytes + (await removeSnapshot(store, work.blobs, place.directory, guard, lookAgain)) };
  } catch (error) {
    return keptBy(error);
  } finally {
    await lease.release();
  }
}

/** @returns false on a volume that has no room for as much as the record of it: then it goes at once */
async function isKept(keep: () => Promise<void>): Promise<boolean> {
  try {
    await keep();
    return true;
  } catch (error) {
    if (isModelError(error, 'NO_SPACE')) return false;
    throw error;
  }
}

function keptBy(error: unknown): Kept {
  if (error instanceof Spared) return error.kept;
  if (isModelError(error, 'CONCURRENT_MODIFICATION') && error.reason === 'model_pinned') return { reason: 'pinned', why: error.message };
  if (isModelError(error, 'CONCURRENT_MODIFICATION') && error.reason === 'model_leased') return { reason: 'leased', why: error.message };
  throw error;
}

function assertUnchanged(work: Orchestration, model: GcModel, directory: string): SnapshotRecord {
  const record = readSnapshot(work.store, directory);
  if (record?.generation !== model.generation) throw new Spared({ reason: 'changed', why: 'removed or published anew meanwhile' });
  assertUnused(work, model);
  return record;
}

/** Who uses a complete model takes no lock, and notes the use before it looks whether the model is there. */
function assertUnused({ store }: Orchestration, model: GcModel): void {
  const used = lastUseMs(store, model.family, model.ref);
  if (used !== undefined && used !== model.lastUsedMs) throw new Spared({ reason: 'changed', why: 'used meanwhile' });
}

async function assertNoIntent({ store }: Orchestration, label: string): Promise<void> {
  const isWanted = (await liveIntents(store)).some(({ ref }) => ref === label);
  if (isWanted) throw new Spared({ reason: 'at_work', why: 'an ensure works on it' });
}

/** By the files that are there now, not by what is on record of them. */
function assertNotOpen({ store }: Orchestration, directory: string, { files }: SnapshotRecord): void {
  const { byInode } = readOpenFiles(store.resolver.root);
  if (byInode.size === 0) return;
  for (const { path } of files) {
    const user = userOfPath(byInode, store.resolver.modelFile(directory, path));
    if (user !== undefined) throw new Spared({ reason: 'open', why: openPhrase(user) });
  }
}

function assertNothingForeign(directory: string, record: SnapshotRecord): void {
  const foreign = someForeignFile(directory, record);
  if (foreign !== undefined) throw new Spared({ reason: 'foreign', why: foreignPhrase(foreign) });
}

const userOfPath = (byInode: ReadonlyMap<string, FileUser>, path: string): FileUser | undefined =>
  byInode.get(readStatKey(path)?.ino ?? '');

/** Blobs that nobody counts on, also now. */
export async function removeOrphans(work: Orchestration, items: readonly GcItem[]): Promise<readonly Outcome[]> {
  const { byInode } = readOpenFiles(work.store.resolver.root);
  const users = items.map(({ what }) => userOfPath(byInode, work.store.resolver.blobPath(what)));
  const digests = items.flatMap(({ what }, index) => (users[index] === undefined ? (parseSha256(what) ?? []) : []));
  await sweepBlobs(work.store, work.blobs, digests);
  return items.map(({ what, bytes }, index): Outcome => {
    const user = users[index];
    if (user !== undefined) return { reason: 'open', why: openPhrase(user) };
    return isThere(work.store.resolver.blobPath(what)) ? { reason: 'changed', why: 'somebody counts on it now' } : { freedBytes: bytes };
  });
}

/** What dead writers left of one key; data without a map is nobody's. */
export async function removePartial(work: Orchestration, key: string, bytes: number): Promise<Outcome> {
  const { store, partials } = work;
  const lease = await store.locks.tryAcquire(store.resolver.blobLock(key), { doing: 'gc of an unfinished download' });
  if (lease === undefined) return { reason: 'at_work', why: 'somebody writes it' };
  const folder = store.resolver.partialDir(key);
  try {
    if ((await liveIntents(store)).some((intent) => namedBy(intent).includes(key)))
      return { reason: 'at_work', why: 'an ensure goes on with it' };
    if (store.clock.now() - (lastChangeMs(folder) ?? 0) < work.settings.gcGraceMs)
      return { reason: 'changed', why: 'written to meanwhile' };
    await partials.removeAll(key);
    if (partials.exist(key) && !partials.hasMaps(key)) await removePath(folder);
    return isThere(folder) ? { reason: 'at_work', why: 'somebody writes it' } : { freedBytes: bytes };
  } finally {
    await lease.release();
  }
}

export async function removeQuarantined(work: Orchestration, { path, bytes }: GcItem): Promise<Outcome> {
  const { resolver } = work.store;
  await removePath(resolver.modelFile(resolver.quarantineDir, path.slice(path.indexOf('/') + 1)));
  return { freedBytes: bytes };
}

/** Of what recovery has purged already, since it was over, the bytes are those of the plan. */
export async function removeTrashed(work: Orchestration, { path, bytes, ownBytes = 0 }: GcItem): Promise<Outcome> {
  const kept = keptAt(work.store, path.slice(path.indexOf('/') + 1));
  if (kept === undefined) return { freedBytes: bytes };
  return { freedBytes: ownBytes + (await purgeTrash(work.store, work.blobs, [kept])) };
}

export const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
