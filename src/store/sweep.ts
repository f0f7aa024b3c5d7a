/** Taking snapshots and blobs out of use, and giving their space back. See docs/store-format.md, "Removal". */
import { statSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseSha256, type Sha256 } from '../domain/digest.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import type { Lease } from '../locks/lease.ts';
import type { Blobs } from './blobs.ts';
import type { StoreContext } from './context.ts';
import { syncDirectory } from './durable.ts';
import { beginKeeping, endKeeping, endKeepings, isExpired, type Keeping, type KeptTrash, keptAt, TRASHED_SNAPSHOT } from './kept-trash.ts';
import { listNames } from './list-names.ts';
import { readReferences } from './references.ts';
import { removePath } from './remove-path.ts';
import { type DoomedTree, removeTree } from './remove-tree.ts';
import { digestsIn } from './snapshots.ts';
import { withStateLock } from './state-lock.ts';
import { keepSpareFolders, makeTrashFolder } from './trash-folder.ts';

/**
 * Removes a snapshot, and those of its blobs that nobody else counts on. Once it is in the trash the model is gone, also after
 * power loss. Call under the model's lock.
 * @param guard the last look at whoever may hold it, under the state lock: throws where it is to stay
 * @param lookAgain after the rename: what it throws undoes that
 * @returns bytes given back, by the size of the removed blobs.
 */
export async function removeSnapshot(
  context: StoreContext,
  blobs: Blobs,
  directory: string,
  guard: () => Promise<void>,
  lookAgain: () => void = () => undefined,
): Promise<number> {
  const digests = digestsIn(context, directory);
  const trashed = await withStateLock(context, `remove ${directory}`, async () => {
    return takeAway(context, { path: await makeTrashFolder(context), directory, guard, lookAgain });
  });
  return endRemoval(context, blobs, { path: dirname(trashed), digests, orphans: digests });
}

/**
 * Removes a snapshot, but keeps it in the trash for a while: its blobs stay until it is purged. Call under the model's lock.
 * @param guard as of {@link removeSnapshot}
 */
export async function keepSnapshotInTrash(
  context: StoreContext,
  directory: string,
  keeping: Keeping,
  guard: () => Promise<void>,
  lookAgain: () => void,
): Promise<void> {
  await withStateLock(context, `remove ${directory}`, async () => {
    const path = await beginKeeping(context, keeping);
    await takeAway(context, { path, directory, guard, lookAgain });
    await syncDirectory(path);
  });
}

interface TakingAway {
  /** Its folder in the trash, made before the last look: nothing slow lies between that and the rename. */
  readonly path: string;
  readonly directory: string;
  readonly guard: () => Promise<void>;
  readonly lookAgain: () => void;
}

async function takeAway(context: StoreContext, { path, directory, guard, lookAgain }: TakingAway): Promise<string> {
  try {
    await guard();
    const trashed = await renameInto(path, directory, TRASHED_SNAPSHOT, context);
    try {
      lookAgain();
    } catch (error) {
      await rename(trashed, directory);
      throw error;
    }
    await syncDirectory(dirname(directory));
    return trashed;
  } catch (error) {
    // Empty but for a record: where the snapshot is in it still, it stays for whoever recovers.
    if (statSync(context.resolver.modelFile(path, TRASHED_SNAPSHOT), { throwIfNoEntry: false }) === undefined) await removePath(path);
    throw error;
  }
}

/** Gives back what kept trash alone counts on. @returns bytes given back. */
export async function purgeTrash(context: StoreContext, blobs: Blobs, kept: readonly KeptTrash[]): Promise<number> {
  let bytes = 0;
  for (const { path, digests } of await endKeepings(context, kept))
    bytes += await endRemoval(context, blobs, { path, digests, orphans: digests });
  return bytes;
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
  await keepSpareFolders(context);
  return bytes;
}

/** So many at once: to read all references for each blob alone would take as long as the store is large. */
const BATCH = 128;

/**
 * Removes those of the blobs that nobody counts on.
 * @returns bytes given back, by the size of the removed blobs.
 */
export async function sweepBlobs(context: StoreContext, blobs: Blobs, digests: Iterable<Sha256>): Promise<number> {
  const open = [...new Set(digests)];
  let bytes = 0;
  for (let at = 0; at < open.length; at += BATCH) bytes += await sweepBatch(context, blobs, open.slice(at, at + BATCH));
  return bytes;
}

async function sweepBatch(context: StoreContext, blobs: Blobs, digests: readonly Sha256[]): Promise<number> {
  const idle = await unwanted(
    context,
    digests.filter((digest) => sizeOf(blobs, digest) !== undefined),
  );
  const leases: Lease[] = [];
  const held: Sha256[] = [];
  try {
    for (const digest of idle) {
      // Whoever has it works on it; nobody is waited for, so the order of these locks is nobody's concern.
      const lease = await context.locks.tryAcquire(context.resolver.blobLock(digest), { doing: `sweep ${digest}` });
      if (lease === undefined) continue;
      leases.push(lease);
      held.push(digest);
    }
    return await sweepHeld(context, blobs, held);
  } finally {
    for (const lease of leases) await lease.release();
  }
}

/**
 * Looks through the trash that dead processes left: blobs that somebody counts on go back. Call under the state lock, after
 * pending publications were completed.
 * @returns what is to be removed, without the state lock.
 */
export async function sortTrash(context: StoreContext): Promise<TrashedTree[]> {
  const entries = deadTrash(context).map((entry) => context.resolver.trashDir(entry));
  if (entries.length === 0) return [];
  for (const path of entries) await endKeeping(path);
  const { digests, unreadable } = await readReferences(context);
  for (const directory of entries) {
    for (const name of listNames(directory)) {
      if (unreadable.length > 0 || digests.has(name)) await restoreBlob(context, directory, name);
    }
  }
  return entries.map((path) => {
    const inside = listNames(path).map((name) => context.resolver.modelFile(path, name));
    const digests = [path, ...inside].flatMap((directory) => digestsIn(context, directory));
    return { path, digests, orphans: digestsIn(context, context.resolver.modelFile(path, TRASHED_SNAPSHOT)) };
  });
}

/** What a removal left that was cut short, and what is kept no longer. */
export const deadTrash = (context: StoreContext): string[] =>
  trashEntries(context).filter((uuid) => {
    const kept = keptAt(context, uuid);
    return kept === undefined || isExpired(context, kept);
  });

export const trashEntries = (context: StoreContext): string[] => listNames(context.resolver.trashDir());

/** Call under the digests' locks. */
async function sweepHeld(context: StoreContext, blobs: Blobs, digests: readonly Sha256[]): Promise<number> {
  const sizes = new Map(
    digests.flatMap((digest): [Sha256, number][] => {
      const size = sizeOf(blobs, digest);
      return size === undefined ? [] : [[digest, size]];
    }),
  );
  if (sizes.size === 0) return 0;
  const { directory, gone } = await withStateLock(context, `sweep ${sizes.size} blobs`, () =>
    moveUnwanted(context, blobs, [...sizes.keys()]),
  );
  // The records first: with the bytes gone nobody would know of them.
  for (const digest of gone) {
    await blobs.ledger.forget(digest);
    await blobs.marks.clear(digest);
    await removePath(context.resolver.stateFile('pieces', digest));
  }
  await removePath(directory);
  return gone.reduce((sum, digest) => sum + (sizes.get(digest) ?? 0), 0);
}

/** An ensure that wrote its intent before looking at one of these blobs must find it again: hence the look after the move. */
async function moveUnwanted(
  context: StoreContext,
  blobs: Blobs,
  digests: readonly Sha256[],
): Promise<{ directory: string; gone: Sha256[] }> {
  const directory = await makeTrashFolder(context);
  for (const digest of digests) await renameInto(directory, blobs.path(digest), digest, context);
  for (const shard of new Set(digests.map((digest) => dirname(blobs.path(digest))))) await syncDirectory(shard);
  const gone = await unwanted(context, digests);
  for (const digest of digests) if (!gone.includes(digest)) await restoreBlob(context, directory, digest);
  return { directory, gone };
}

const sizeOf = (blobs: Blobs, digest: Sha256): number | undefined => statSync(blobs.path(digest), { throwIfNoEntry: false })?.size;

async function unwanted(context: StoreContext, candidates: readonly Sha256[]): Promise<Sha256[]> {
  if (candidates.length === 0) return [];
  const { digests, unreadable } = await readReferences(context);
  return unreadable.length > 0 ? [] : candidates.filter((digest) => !digests.has(digest));
}

export async function moveToTrash(context: StoreContext, path: string, name: string): Promise<string> {
  const directory = await makeTrashFolder(context);
  const trashed = await renameInto(directory, path, name, context);
  await syncDirectory(dirname(path));
  return trashed;
}

/** Durable once the folder that it came from is. */
async function renameInto(directory: string, path: string, name: string, { resolver }: StoreContext): Promise<string> {
  const trashed = resolver.modelFile(directory, name);
  try {
    await rename(path, trashed);
  } catch (error) {
    throw fsError(error, `move ${path} to the trash`);
  }
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
