/** An upload is given up: what came of it goes, but for bytes that others count on. */
import type { UploadRecord } from '../../domain/uploads.ts';
import { readStatKey } from '../../store/stat-key.ts';
import { sweepBlobs } from '../../store/sweep.ts';
import { removeUploadFile, uploadPath } from '../../store/upload-file.ts';
import { removeUpload, uploadKey, withUploadsLock } from '../../store/upload-records.ts';
import type { Orchestration } from '../orchestration.ts';
import { requireUpload } from './look-at-upload.ts';

/** Killed after its record went: the rest is debris, which gc removes. @throws ModelError upload_unknown */
export async function abortUpload(work: Orchestration, id: string): Promise<UploadRecord> {
  const record = requireUpload(work, id);
  await withUploadsLock(work.store, `give up the upload of ${record.model_id}`, () => removeUpload(work.store, id));
  await removeReceived(work, record);
  await sweepBlobs(
    work.store,
    work.blobs,
    record.files.flatMap(({ sha256 }) => sha256 ?? []),
  );
  return record;
}

/** What is not a blob; of an upload that is over. */
export async function removeReceived(work: Orchestration, { id, files }: UploadRecord): Promise<void> {
  for (const index of files.keys()) if (readStatKey(uploadPath(work.store, id, index)) !== undefined) await removeFile(work, id, index);
}

/** A request that still writes to it finds the record gone, and removes the file itself. */
async function removeFile({ store }: Orchestration, id: string, index: number): Promise<void> {
  const lease = await store.locks.tryAcquire(store.resolver.blobLock(uploadKey(id, index)), { doing: 'give up an upload' });
  if (lease === undefined) return;
  try {
    await removeUploadFile(uploadPath(store, id, index));
  } finally {
    await lease.release();
  }
}
