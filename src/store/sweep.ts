/** Taking snapshots and blobs out of use, and giving their space back. See docs/store-format.md, "Removal". */
import { statSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseSha256, type Sha256 } from '../domain/digest.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import type { Blobs } from './blobs.ts';
import type { StoreContext } from './context.ts';
import { makeDirectory, syncDirectory } from './durable.ts';
import { listNames } from './list-names.ts';
import { readReferences } from './references.ts';
import { removePath } from './remove-path.ts';
import { type DoomedTree, removeTree } from './remove-tree.ts';
import { digestsIn } from './snapshots.ts';
import { withStateLock } from './state-lock.ts';

/** Name of a removed snapshot inside its trash folder. */
const SNAPSHOT = 'snapshot';

/**
 * Removes a snapshot, and those of its blobs that nobody else counts on. Once it is in the trash the model is gone, also after
 * power loss. Call under the model's lock.
 * @param guard the last look at whoever may hold it, under the state lock: throws where it is to stay
 * @returns bytes given back, by the size of the removed blobs.
 */
export async function removeSnapshot(context: StoreContext, blobs: Blobs, directory: string, guard: () => Promise<void>): Promise<number> {
  const digests = digestsIn(context, directory);
  const trashed = await withStateLock(context, `remove ${directory}`, async () => {
    await guard();
    return moveToTrash(context, directory, SNAPSHOT);
  });
  return endRemoval(context, blobs, { path: dirname(trashed), digests, orphans: digests });
}

/** What lies in the trash. A removed snapshot's record goes last: it tells the next one which blobs are still to be swept. */
export interface TrashedTree extends DoomedTree {
  /** Digests that a removed snapshot counted on. */
  readonly orphans: readonly Sha256[];
}

/** @returns bytes given back. */
export async function endRemoval(context: StoreContext, blobs: Blobs, tree: TrashedTree): Promise<number> {
  const bytes = await sweepBlobs(context, blobs, tree.orphans);
  await removeTree(context, blobs, tree);
  return bytes;
}

/**
 * Removes those of the blobs that nobody counts on.
 * @returns bytes given back, by the size of the removed blobs.
 */
export async function sweepBlobs(context: StoreContext, blobs: Blobs, digests: Iterable<Sha256>): Promise<number> {
  let bytes = 0;
  for (const digest of digests) {
    const lease = await context.locks.tryAcquire(context.resolver.blobLock(digest), { doing: `sweep ${digest}` });
    if (lease === undefined) continue;
    try {
      bytes += await sweepBlob(context, blobs, digest);
    } finally {
      await lease.release();
    }
  }
  return bytes;
}

/**
 * Looks through the trash that dead processes left: blobs that somebody counts on go back. Call under the state lock, after
 * pending publications were completed.
 * @returns what is to be removed, without the state lock.
 */
export async function sortTrash(context: StoreContext): Promise<TrashedTree[]> {
  const entries = trashEntries(context).map((entry) => context.resolver.trashDir(entry));
  if (entries.length === 0) return [];
  const { digests, unreadable } = await readReferences(context);
  for (const directory of entries) {
    for (const name of listNames(directory)) {
      if (unreadable.length > 0 || digests.has(name)) await restoreBlob(context, directory, name);
    }
  }
  return entries.map((path) => {
    const inside = listNames(path).map((name) => context.resolver.modelFile(path, name));
    const digests = [path, ...inside].flatMap((directory) => digestsIn(context, directory));
    return { path, digests, orphans: digestsIn(context, context.resolver.modelFile(path, SNAPSHOT)) };
  });
}

export const trashEntries = (context: StoreContext): string[] => listNames(context.resolver.trashDir());

async function sweepBlob(context: StoreContext, blobs: Blobs, digest: Sha256): Promise<number> {
  const path = blobs.path(digest);
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined || (await isWanted(context, digest))) return 0;
  const moved = await withStateLock(context, `sweep ${digest}`, async () => {
    const trashed = await moveToTrash(context, path, digest);
    // An ensure that wrote its intent before looking at this blob must find it again.
    if (!(await isWanted(context, digest))) return trashed;
    await restoreBlob(context, dirname(trashed), digest);
    return undefined;
  });
  if (moved === undefined) return 0;
  // The records first: with the bytes gone nobody would know of them.
  await blobs.ledger.forget(digest);
  await blobs.marks.clear(digest);
  await removePath(context.resolver.stateFile('pieces', digest));
  await removePath(dirname(moved));
  return size;
}

async function isWanted(context: StoreContext, digest: Sha256): Promise<boolean> {
  const { digests, unreadable } = await readReferences(context);
  return unreadable.length > 0 || digests.has(digest);
}

export async function moveToTrash(context: StoreContext, path: string, name: string): Promise<string> {
  const directory = context.resolver.trashDir(context.random.uuid());
  await makeDirectory(context, directory);
  const trashed = context.resolver.modelFile(directory, name);
  try {
    await rename(path, trashed);
  } catch (error) {
    throw fsError(error, `move ${path} to the trash`);
  }
  await syncDirectory(dirname(path));
  return trashed;
}

async function restoreBlob(context: StoreContext, directory: string, name: string): Promise<void> {
  const digest = parseSha256(name);
  if (digest === undefined) return;
  const home = context.resolver.blobPath(digest);
  if (statSync(home, { throwIfNoEntry: false }) !== undefined) return;
  try {
    await rename(context.resolver.modelFile(directory, name), home);
  } catch (error) {
    // Its sweeper lives, and was about to remove it: who wants it sees it gone, and plans again.
    if (isErrno(error, 'ENOENT')) return;
    throw fsError(error, `move ${name} back from the trash`);
  }
  await syncDirectory(dirname(home));
}
