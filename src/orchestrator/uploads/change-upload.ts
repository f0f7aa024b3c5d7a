import type { UploadFileRecord } from '../../domain/uploads.ts';
import { readUpload, withUploadsLock, writeUpload } from '../../store/upload-records.ts';
import type { Orchestration } from '../orchestration.ts';
import { expiryOf } from './create-upload.ts';
import { uploadUnknown } from './upload-errors.ts';

/** Notes something of a file, and that somebody goes on with the upload. @throws ModelError upload_unknown where it was abandoned meanwhile */
export function changeUploadFile(
  work: Orchestration,
  { id, index }: { readonly id: string; readonly index: number },
  changes: Partial<UploadFileRecord> | { readonly sha256: undefined; readonly offset: 0 },
): Promise<void> {
  return withUploadsLock(work.store, `note an upload`, async () => {
    const record = readUpload(work.store, id);
    if (record === undefined) throw uploadUnknown(id);
    const files = record.files.map((file, at) => (at === index ? ({ ...file, ...changes } as UploadFileRecord) : file));
    await writeUpload(work.store, { ...record, files, expires_at: expiryOf(work) });
  });
}
