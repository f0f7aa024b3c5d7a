/** A complete partial whose digest is known becomes a blob: step 6 of docs/store-format.md. */
import type { Sha256 } from '../domain/digest.ts';
import type { WholeFile } from '../store/blobs.ts';
import { writeLeaves } from '../store/piece-leaves.ts';
import { readStatKey } from '../store/stat-key.ts';
import { LEAF_BYTES } from '../transfer/transfer.ts';
import { isHere } from './blob-here.ts';
import { type BlobRun, lockBlob, noteMended } from './ensure-run.ts';
import { heal } from './heal.ts';

export interface CompletePartial {
  readonly partial: WholeFile;
  readonly digest: Sha256;
  /** The digest's lock is held already. */
  readonly isLocked?: boolean;
  readonly leaves?: Uint8Array;
  /** Whatever is here goes. Default: what came here meanwhile, and is right, stays. */
  readonly replaces?: boolean;
  /** Inode of a blob that was here, and is known to be wrong. */
  readonly seenIno?: string;
}

/** Call under the lock of the partial's key; the digest's is taken too where it is not held. */
export async function commitBlob(run: BlobRun, complete: CompletePartial): Promise<void> {
  if (complete.isLocked === true) await settle(run, complete);
  else await underBlobLock(run, complete.digest, () => settle(run, complete));
}

async function settle(run: BlobRun, complete: CompletePartial): Promise<void> {
  const { partial, digest, leaves } = complete;
  const { store, blobs } = run.work;
  await run.intent?.name(digest);
  if (await cameMeanwhile(run, complete)) return partial.discard();
  const { mustHeal, quarantined } = await blobs.commit(partial, digest);
  if (quarantined !== undefined) noteMended(run, digest, { quarantined: [store.resolver.relative(quarantined)] });
  if (leaves) await writeLeaves(store, digest, { leafBytes: LEAF_BYTES, digests: leaves });
  if (mustHeal) await heal(run, digest);
}

/**
 * Another model has these bytes, of which nobody knew the digest; or somebody brought back what a removal that was cut short had in the trash,
 * for which no lock is taken. To replace it would keep good bytes as bad ones, and link every model anew.
 */
async function cameMeanwhile(run: BlobRun, { partial: { sizeBytes }, digest, replaces, seenIno }: CompletePartial): Promise<boolean> {
  const ino = readStatKey(run.work.blobs.path(digest))?.ino;
  if (replaces === true || ino === undefined || ino === seenIno) return false;
  return isHere(run, { file: { sizeBytes }, digest });
}

export async function underBlobLock<T>(run: BlobRun, key: string, use: () => Promise<T>): Promise<T> {
  const lease = await lockBlob(run, key);
  try {
    return await use();
  } finally {
    await lease.release();
  }
}
