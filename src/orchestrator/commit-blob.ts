/** A complete partial whose digest is known becomes a blob: step 6 of docs/store-format.md. */
import type { Sha256 } from '../domain/digest.ts';
import { healBlob } from '../store/heal-blob.ts';
import type { PartialBlob } from '../store/partial-blob.ts';
import { writeLeaves } from '../store/piece-leaves.ts';
import { LEAF_BYTES } from '../transfer/transfer.ts';
import { type BlobRun, lockBlob, noteMended } from './ensure-run.ts';

export interface CompletePartial {
  readonly partial: PartialBlob;
  readonly digest: Sha256;
  /** The digest's lock is held already. */
  readonly isLocked?: boolean;
  readonly leaves?: Uint8Array;
}

/** Call under the lock of the partial's key; the digest's is taken too where it is not held. */
export async function commitBlob(run: BlobRun, complete: CompletePartial): Promise<void> {
  if (complete.isLocked === true) await settle(run, complete);
  else await underBlobLock(run, complete.digest, () => settle(run, complete));
}

async function settle(run: BlobRun, { partial, digest, leaves }: CompletePartial): Promise<void> {
  const { store, blobs } = run.work;
  await run.intent?.name(digest);
  const { mustHeal, quarantined } = await blobs.commit(partial, digest);
  if (quarantined !== undefined) noteMended(run, digest, { quarantined: [store.resolver.relative(quarantined)] });
  if (leaves) await writeLeaves(store, digest, { leafBytes: LEAF_BYTES, digests: leaves });
  if (mustHeal) await heal(run, digest);
}

export async function underBlobLock<T>(run: BlobRun, key: string, use: () => Promise<T>): Promise<T> {
  const lease = await lockBlob(run, key);
  try {
    return await use();
  } finally {
    await lease.release();
  }
}

export async function heal(run: BlobRun, digest: Sha256): Promise<void> {
  const links = await healBlob(run.work.store, run.work.blobs, digest);
  if (links.length === 0) return;
  noteMended(run, digest, { links });
  run.emit({ type: 'blob.healed', digest, links });
}
