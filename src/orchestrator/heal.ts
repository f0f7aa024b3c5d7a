import type { Sha256 } from '../domain/digest.ts';
import { healBlob } from '../store/heal-blob.ts';
import { type BlobRun, noteMended } from './ensure-run.ts';

/** Every snapshot that names the digest gets the blob that is here. Call under the digest's lock. */
export async function heal(run: BlobRun, digest: Sha256): Promise<void> {
  const links = await healBlob(run.work.store, run.work.blobs, digest);
  if (links.length === 0) return;
  noteMended(run, digest, { links });
  run.emit({ type: 'blob.healed', digest, links });
}
