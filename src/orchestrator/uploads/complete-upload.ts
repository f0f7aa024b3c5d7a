/** An upload whose files are all proven becomes a model, published as any other. */
import type { Entries, EntryFile, RegistryEntry } from '../../domain/registry-entry.ts';
import { hasFiles } from '../../domain/registry-entry.ts';
import type { EnsureResult } from '../../domain/results.ts';
import type { UploadRecord } from '../../domain/uploads.ts';
import { fieldsOf } from '../../registry/entries/entry-json.ts';
import { knownEntries } from '../../registry/entries/read-entries.ts';
import { readUpload, removeUpload, uploadKey, withUploadsLock } from '../../store/upload-records.ts';
import type { CallOptions } from '../api.ts';
import { callOf } from '../call-of.ts';
import { ensureModel } from '../ensure.ts';
import { changeEntries } from '../entries/change-entries.ts';
import { isOtherPublished } from '../entries/other-published.ts';
import { alreadyThere, newEntry, requireDistinct, requireFreeId } from '../entries/register-model.ts';
import { sameFiles } from '../entries/same-files.ts';
import type { Orchestration } from '../orchestration.ts';
import { removeReceived } from './abort-upload.ts';
import { lookAtFile, requireUpload } from './look-at-upload.ts';
import { proveUploaded } from './prove-uploaded.ts';
import { incomplete } from './upload-errors.ts';

/**
 * Killed anywhere, or answered to nobody: the same call again goes on, for the upload goes last.
 * @throws ModelError upload_unknown, upload_incomplete, upload_wrong_digest, model_exists where another upload was first with other bytes
 */
export async function completeUpload(work: Orchestration, id: string, call: CallOptions = {}): Promise<EnsureResult> {
  const done = completedModel(work, id);
  if (done !== undefined) return publish(work, done, call);
  const record = requireUpload(work, id);
  const { model_id: modelId } = record;
  await requireFreeId(work, modelId);
  await proveAll(work, record, call);
  const files = provenFiles(work, requireUpload(work, id));
  await changeEntries(work, { ...call, doing: `upload ${modelId}` }, (now) => {
    requireDistinct(now, modelId);
    const known = now.get(modelId);
    if (known !== undefined && hasFiles(known) && !sameFiles(known.files, files)) throw alreadyThere(modelId);
    if ((known === undefined || !hasFiles(known)) && isOtherPublished(work, modelId, files)) throw alreadyThere(modelId);
    const entry = known !== undefined && hasFiles(known) ? undefined : uploadedEntry(work, now, { record, files });
    return { entries: entry === undefined ? [] : [entry], result: undefined };
  });
  const result = await publish(work, modelId, call);
  await withUploadsLock(work.store, `end the upload of ${modelId}`, () => removeUpload(work.store, id));
  await removeReceived(work, record);
  return result;
}

const publish = (work: Orchestration, modelId: string, call: CallOptions): Promise<EnsureResult> =>
  ensureModel(work, modelId, { ...callOf(call), offline: true });

/** Of an upload that has become a model, and whose answer may have been lost. */
function completedModel(work: Orchestration, id: string): string | undefined {
  if (readUpload(work.store, id) !== undefined) return undefined;
  const entries = [...knownEntries(work.entriesPath).values()];
  return entries.find((entry) => hasFiles(entry) && entry.uploadedAs === id)?.modelId;
}

/** What was noted of it before stands, where the upload says nothing else. */
function uploadedEntry(
  work: Orchestration,
  now: Entries,
  { record, files }: { record: UploadRecord; files: readonly EntryFile[] },
): RegistryEntry {
  const before = now.get(record.model_id);
  const noted = before?.deletedAt === undefined ? fieldsOf(before ?? {}) : {};
  const entry = newEntry(work, now, {
    modelId: record.model_id,
    fields: { ...noted, ...record.fields },
    files,
    ...(before?.madeBy !== undefined && { madeBy: before.madeBy }),
    uploadedAs: record.id,
  });
  return before?.deletedAt === undefined && before !== undefined ? { ...entry, createdAt: before.createdAt } : entry;
}

/** One after the other: each is read on as many threads as there are. */
async function proveAll(work: Orchestration, { id, model_id: modelId, files }: UploadRecord, call: CallOptions): Promise<void> {
  const missing = files.map((file, index) => lookAtFile(work, { id, index, file })).filter(({ state }) => state === 'receiving');
  if (missing.length > 0)
    throw incomplete(
      id,
      missing.map(({ path, offset }) => ({ path, offset })),
    );
  for (const index of files.keys()) {
    const lock = work.store.resolver.blobLock(uploadKey(id, index));
    const lease = await work.store.locks.acquire(lock, {
      timeoutMs: work.settings.lockTimeoutMs,
      doing: `upload of ${modelId}`,
      ...(call.signal && { signal: call.signal }),
    });
    try {
      const file = requireUpload(work, id).files[index];
      if (file !== undefined && lookAtFile(work, { id, index, file }).state === 'received')
        await proveUploaded(work, { id, index, file, modelId }, call);
    } finally {
      await lease.release();
    }
  }
}

function provenFiles(work: Orchestration, { id, files }: UploadRecord): EntryFile[] {
  const seen = files.map((file, index) => lookAtFile(work, { id, index, file }));
  const missing = seen.filter(({ state, sha256 }) => state !== 'proven' || sha256 === undefined);
  if (missing.length > 0)
    throw incomplete(
      id,
      missing.map(({ path, offset }) => ({ path, offset })),
    );
  return seen.flatMap(({ path, sizeBytes, sha256 }) => (sha256 === undefined ? [] : [{ path, sizeBytes, sha256 }]));
}
