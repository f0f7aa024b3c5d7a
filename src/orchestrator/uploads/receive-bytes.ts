/** Bytes of one file of an upload, from an offset on. Whatever came stays, however the request ends. */
import { throwIfCancelled } from '../../domain/cancelled.ts';
import { isModelError, ModelError } from '../../domain/errors.ts';
import type { UploadedFile, UploadRecord } from '../../domain/uploads.ts';
import { freeBytes } from '../../store/reservations.ts';
import { removeUploadFile, UploadFile } from '../../store/upload-file.ts';
import { uploadKey } from '../../store/upload-records.ts';
import { bootId } from '../../util/boot-id.ts';
import type { CallOptions } from '../api.ts';
import type { Orchestration } from '../orchestration.ts';
import { changeUploadFile } from './change-upload.ts';
import { lookAtFile, requireUpload } from './look-at-upload.ts';
import { proveUploaded } from './prove-uploaded.ts';
import { fileUnknown, offsetDiffers, tooLong } from './upload-errors.ts';

export interface ReceiveRequest {
  readonly id: string;
  readonly index: number;
  /** Of the first byte that comes. */
  readonly offset: number;
  /** Read only as fast as it is written. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** So often what came is made to survive a loss of power, and the volume is looked at. */
const SYNC_BYTES = 64 * 1024 * 1024;

/**
 * With the last byte the file is read again, and becomes a blob.
 * @throws ModelError upload_unknown, upload_offset, upload_too_long, upload_wrong_digest; LOCK_TIMEOUT where another request writes it; NO_SPACE
 */
export async function receiveBytes(work: Orchestration, request: ReceiveRequest, call: CallOptions = {}): Promise<UploadedFile> {
  const record = requireUpload(work, request.id);
  if (record.files[request.index] === undefined) throw fileUnknown(request.id, request.index, record.files.length);
  const lock = work.store.resolver.blobLock(uploadKey(request.id, request.index));
  const lease = await work.store.locks.tryAcquire(lock, { doing: `upload of ${record.model_id}` });
  if (lease === undefined) throw busy(record);
  try {
    return await receiveLocked(work, request, call);
  } finally {
    await lease.release();
  }
}

async function receiveLocked(work: Orchestration, request: ReceiveRequest, call: CallOptions): Promise<UploadedFile> {
  const { id, index, offset } = request;
  const place = (): { id: string; index: number; file: UploadRecord['files'][number] } => {
    const file = requireUpload(work, id).files[index];
    if (file === undefined) throw fileUnknown(id, index, 0);
    return { id, index, file };
  };
  const seen = lookAtFile(work, place());
  if (offset !== seen.offset) throw offsetDiffers(offset, seen.offset);
  if (seen.state !== 'proven') {
    const file = await UploadFile.open(work.store, place());
    try {
      await receive(work, { ...request, file, path: seen.path }, call);
    } catch (error) {
      // Given up meanwhile: who did that left this file to whoever writes to it.
      if (isModelError(error) && error.reason === 'upload_unknown') await removeUploadFile(file.path);
      throw error;
    } finally {
      await file.close();
    }
  }
  const now = lookAtFile(work, place());
  if (now.state === 'received') await proveUploaded(work, { ...place(), modelId: requireUpload(work, id).model_id }, call);
  return lookAtFile(work, place());
}

interface Receiving extends ReceiveRequest {
  readonly file: UploadFile;
  readonly path: string;
}

async function receive(work: Orchestration, { id, index, body, file, path }: Receiving, { signal }: CallOptions): Promise<void> {
  const note = async (): Promise<void> => {
    await file.sync();
    await changeUploadFile(work, { id, index }, { offset: file.length, boot_id: bootId() });
  };
  let noted = file.length;
  try {
    for await (const chunk of body) {
      if (signal !== undefined) throwIfCancelled(signal, `the upload of ${path}`);
      if (file.length + chunk.length > file.sizeBytes) throw tooLong(path, file.sizeBytes);
      await file.append(chunk);
      if (file.length - noted < SYNC_BYTES) continue;
      await note();
      noted = file.length;
      requireMargin(work, file.sizeBytes - file.length);
    }
  } finally {
    await note();
  }
}

function requireMargin({ store, settings: { safetyMarginBytes } }: Orchestration, left: number): void {
  if (left === 0 || freeBytes(store) > safetyMarginBytes) return;
  throw new ModelError(
    'NO_SPACE',
    `no more than the safety margin is free on the volume, with ${left} bytes still to come; what came is kept`,
  );
}

const busy = ({ id, model_id: modelId }: UploadRecord): ModelError =>
  new ModelError('LOCK_TIMEOUT', `another request writes to this file of the upload ${id} (${modelId})`, {
    reason: 'upload_busy',
    hint: 'wait until that one has ended, ask for the offset (HEAD), and go on from there',
  });
