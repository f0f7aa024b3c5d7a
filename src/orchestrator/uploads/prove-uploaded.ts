/** A file that came whole is read again; if it is what it should be, it becomes a blob, else nothing of it stays. */
import type { Sha256 } from '../../domain/digest.ts';
import { isModelError } from '../../domain/errors.ts';
import type { UploadFileRecord } from '../../domain/uploads.ts';
import { beginIntent } from '../../store/intents.ts';
import { receivedBytes, removeUploadFile, UploadFile, uploadPath } from '../../store/upload-file.ts';
import { hashFile } from '../../transfer/hash-file.ts';
import type { CallOptions } from '../api.ts';
import { isHere } from '../blob-here.ts';
import { commitBlob, underBlobLock } from '../commit-blob.ts';
import type { BlobRun } from '../ensure-run.ts';
import type { Orchestration } from '../orchestration.ts';
import { proveBlobs } from '../prove-blobs.ts';
import { isSafetensors, readTensors } from '../weights.ts';
import { changeUploadFile } from './change-upload.ts';
import { wrongDigest } from './upload-errors.ts';

export interface UploadedPlace {
  readonly id: string;
  readonly index: number;
  readonly file: UploadFileRecord;
  readonly modelId: string;
}

/**
 * Call under the lock of its key. The digest goes on record before the blob is made: from then on the upload counts on it.
 * @throws ModelError CHECKSUM_FAIL with reason upload_wrong_digest, FORMAT_INVALID; then the file begins at its first byte again
 */
export async function proveUploaded(work: Orchestration, place: UploadedPlace, call: CallOptions = {}): Promise<void> {
  const { id, index, file, modelId } = place;
  const path = uploadPath(work.store, id, index);
  const digest = file.sha256 ?? file.given;
  if (digest !== undefined && receivedBytes(work.store, place) < file.size) return proveMade(work, place, { digest, call });
  // A file of no bytes came without any request.
  if (file.size === 0) await (await UploadFile.open(work.store, place)).close();
  const { sha256, leaves } = await hashFile(path, { leaves: true, ...(call.signal && { signal: call.signal }) });
  try {
    if (file.given !== undefined && file.given !== sha256) throw wrongDigest(file.path, file.given, sha256);
    if (isSafetensors(file.path)) await readTensors(path);
  } catch (error) {
    if (isModelError(error, 'CHECKSUM_FAIL') || isModelError(error, 'FORMAT_INVALID')) await startAnew(work, place, path);
    throw error;
  }
  await changeUploadFile(work, place, { sha256 });
  await commit(work, { place, sha256, call, doing: `upload of ${modelId}`, ...(leaves && { leaves }) });
}

/** What is to come has become a blob already. Where that is wrong it is marked, and the bytes are wanted again. */
async function proveMade(
  work: Orchestration,
  place: UploadedPlace,
  { digest, call }: { readonly digest: Sha256; readonly call: CallOptions },
): Promise<void> {
  const { signal = new AbortController().signal } = call;
  const run: BlobRun = { work, doing: `upload of ${place.modelId}`, signal, emit: work.emitter(call, place.modelId) };
  const isRight = await underBlobLock(run, digest, () => isHere(run, { file: { sizeBytes: place.file.size }, digest }));
  if (isRight) return;
  await proveBlobs(work, [digest], { signal });
  if (place.file.sha256 !== undefined) await changeUploadFile(work, place, { sha256: undefined, offset: 0 });
}

async function startAnew(work: Orchestration, place: UploadedPlace, path: string): Promise<void> {
  await removeUploadFile(path);
  await changeUploadFile(work, place, { offset: 0 });
}

interface Committing {
  readonly place: UploadedPlace;
  readonly sha256: Sha256;
  readonly leaves?: Uint8Array;
  readonly doing: string;
  readonly call: CallOptions;
}

async function commit(work: Orchestration, { place, sha256, leaves, doing, call }: Committing): Promise<void> {
  const { signal = new AbortController().signal } = call;
  const intent = await beginIntent(work.store, { ref: place.modelId, digests: [sha256] });
  const run: BlobRun = { work, doing, signal, emit: work.emitter(call, place.modelId), intent };
  const whole = await UploadFile.open(work.store, place);
  try {
    await underBlobLock(run, sha256, async () => {
      if (await isHere(run, { file: { sizeBytes: place.file.size }, digest: sha256 })) return whole.discard();
      return commitBlob(run, { partial: whole, digest: sha256, isLocked: true, ...(leaves && { leaves }) });
    });
  } finally {
    await whole.close();
    await intent.end();
  }
}
