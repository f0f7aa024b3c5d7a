/** How far an upload is: by what lies on disk, not by what was said of it. Changes nothing. */
import type { Upload, UploadedFile, UploadFileRecord, UploadRecord } from '../../domain/uploads.ts';
import { receivedBytes } from '../../store/upload-file.ts';
import { isUploadOver, listUploads, readUpload } from '../../store/upload-records.ts';
import type { Orchestration } from '../orchestration.ts';
import { uploadUnknown } from './upload-errors.ts';

/** @throws ModelError INVALID_INPUT with reason upload_unknown */
export function requireUpload({ store }: Orchestration, id: string): UploadRecord {
  const record = readUpload(store, id);
  if (record === undefined || isUploadOver(store, record)) throw uploadUnknown(id);
  return record;
}

export const openUploads = (work: Orchestration): Upload[] =>
  listUploads(work.store)
    .filter((record) => !isUploadOver(work.store, record))
    .map((record) => lookAtUpload(work, record));

export function lookAtUpload(work: Orchestration, record: UploadRecord): Upload {
  const corrupt = work.blobs.marks.all();
  return {
    id: record.id,
    modelId: record.model_id,
    fields: record.fields,
    files: record.files.map((file, index) => lookAtFile(work, { id: record.id, index, file, corrupt })),
    createdAt: record.created_at,
    expiresAt: record.expires_at,
  };
}

interface FileQuestion {
  readonly id: string;
  readonly index: number;
  readonly file: UploadFileRecord;
  readonly corrupt?: ReadonlySet<string>;
}

/** Bytes that are here already, whoever brought them, are not wanted again. */
export function lookAtFile(work: Orchestration, { id, index, file, corrupt = work.blobs.marks.all() }: FileQuestion): UploadedFile {
  const { path, size: sizeBytes, sha256, given } = file;
  const digest = sha256 ?? given;
  const known = { path, sizeBytes, ...(digest !== undefined && { sha256: digest }) };
  const blob = digest === undefined ? 'absent' : work.blobs.state(digest, sizeBytes, corrupt);
  if (blob === 'proven') return { ...known, offset: sizeBytes, state: 'proven' };
  const offset = receivedBytes(work.store, { id, index, file });
  // Who made it, or gave it another name, is at it or died before that was on record: one read settles it, and marks what is wrong.
  const isToBeRead = blob !== 'absent' && (sha256 !== undefined || !corrupt.has(given ?? ''));
  if (isToBeRead || offset === sizeBytes) return { ...known, offset: sizeBytes, state: 'received' };
  return { ...known, offset, state: 'receiving' };
}
