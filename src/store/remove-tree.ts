/**
 * Removing folders whose files may be hard links of blobs. An unlink moves the inode's ctime, which would make the proof of
 * every other link stale: so it is done under the digest's lock, and the ledger follows.
 */
import { readdirSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../domain/digest.ts';
import { isModelError } from '../domain/errors.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import type { Blobs } from './blobs.ts';
import type { StoreContext } from './context.ts';
import { removePath } from './remove-path.ts';
import { readStatKey, type StatKey } from './stat-key.ts';

export interface DoomedTree {
  readonly path: string;
  /** Digests whose blobs the files may be links of; the others' proofs go stale, which costs one rehash each. */
  readonly digests: Iterable<Sha256>;
}

/** Call without the state lock. Idempotent; two processes may remove the same tree at once. */
export async function removeTree(context: StoreContext, blobs: Blobs, { path, digests }: DoomedTree): Promise<void> {
  const byInode = new Map<string, Sha256>();
  for (const digest of digests) {
    const key = readStatKey(blobs.path(digest));
    if (key !== undefined) byInode.set(key.ino, digest);
  }
  for (const file of filesIn(path)) {
    const digest = byInode.get(readStatKey(file)?.ino ?? '');
    if (digest !== undefined) await unlinkBlobLink(context, blobs, { file, digest });
  }
  await removePath(path);
}

async function unlinkBlobLink(context: StoreContext, blobs: Blobs, { file, digest }: { file: string; digest: Sha256 }): Promise<void> {
  // Whoever holds it may be at work for hours; without it the unlink costs a rehash later.
  const lease = await context.locks.tryAcquire(context.resolver.blobLock(digest), { doing: `unlink ${file}` });
  try {
    const before = readStatKey(file);
    if (before === undefined) return;
    const proven = blobs.ledger.proves(digest, before);
    await unlink(file);
    const after = readStatKey(blobs.path(digest));
    if (lease !== undefined && proven && after?.ino === before.ino) await rekey(blobs, digest, after);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw fsError(error, `remove ${file}`);
  } finally {
    await lease?.release();
  }
}

/** A full volume is no reason to stop giving back room: a proof that goes stale costs a rehash. */
async function rekey(blobs: Blobs, digest: Sha256, key: StatKey): Promise<void> {
  try {
    await blobs.ledger.rekey(digest, key);
  } catch (error) {
    if (!isModelError(error, 'NO_SPACE')) throw error;
  }
}

function filesIn(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw fsError(error, `list ${directory}`);
  }
}
