/** The end of a rebuild: files that are right and not proven by any key are made links of their blobs; derivations are put on record. */
import { parseSha256 } from '../domain/digest.ts';
import { derivationKey, readDerivation, recordDerivation } from '../store/derivations.ts';
import { healBlob } from '../store/heal-blob.ts';
import type { SnapshotFile } from '../store/snapshot-record.ts';
import { listSnapshots, readSnapshot } from '../store/snapshots.ts';
import { readStatKey } from '../store/stat-key.ts';
import type { Orchestration } from './orchestration.ts';

/** A digest of which any copy is bad is left to `repair`, which keeps the bad bytes. @returns paths relative to the root */
export async function relinkStale(work: Orchestration, digests: ReadonlySet<string>): Promise<readonly string[]> {
  const { store, blobs } = work;
  const links: string[] = [];
  for (const text of digests) {
    const digest = parseSha256(text);
    const lease = digest && (await store.locks.tryAcquire(store.resolver.blobLock(digest), { doing: 'rebuild' }));
    if (digest === undefined || lease === undefined) continue;
    try {
      const key = readStatKey(blobs.path(digest));
      const isProven = key !== undefined && blobs.ledger.proves(digest, key) && !blobs.marks.all().has(digest);
      if (isProven) links.push(...(await healBlob(store, blobs, digest)));
    } finally {
      await lease.release();
    }
  }
  return links;
}

/** Of what snapshots say of their derived files, where the output's blob is proven. @returns how many were written */
export async function recordDerivations(work: Orchestration): Promise<number> {
  const files = listSnapshots(work.store).flatMap((directory) => readSnapshot(work.store, directory)?.files ?? []);
  let written = 0;
  for (const file of files) if (await recordOne(work, file)) written++;
  return written;
}

async function recordOne({ store, blobs }: Orchestration, { derived, sha256, key }: SnapshotFile): Promise<boolean> {
  if (
    derived === undefined ||
    derived.pinned === true ||
    readDerivation(store, derived) !== undefined ||
    blobs.state(sha256, key.sizeBytes) !== 'proven'
  )
    return false;
  const lease = await store.locks.tryAcquire(store.resolver.blobLock(derivationKey(derived)), { doing: 'rebuild' });
  if (lease === undefined) return false;
  try {
    await recordDerivation(store, derived, { sha256, sizeBytes: key.sizeBytes });
    return true;
  } finally {
    await lease.release();
  }
}
