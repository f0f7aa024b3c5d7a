/** An upload begins: what is to come is named, judged and given room, before the first byte. */

import type { Sha256 } from '../../domain/digest.ts';
import { ModelError } from '../../domain/errors.ts';
import { CUSTOM_FAMILY, type EntryFields, hasFiles, type RegistryEntry } from '../../domain/registry-entry.ts';
import { fits } from '../../domain/space.ts';
import { UPLOAD_LIMITS, type Upload, type UploadFileRecord, type UploadRecord } from '../../domain/uploads.ts';
import { filesFault } from '../../registry/entries/files-fault.ts';
import { knownEntries } from '../../registry/entries/read-entries.ts';
import { openStore } from '../../store/open-store.ts';
import { forgetUploads, listUploads, readUpload, uploadKey, withUploadsLock, writeUpload } from '../../store/upload-records.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { alreadyThere, cleanedFields, requireDistinct, requireFreeId } from '../entries/register-model.ts';
import type { Needs } from '../needs.ts';
import type { Orchestration } from '../orchestration.ts';
import { foreseeSpace } from '../space.ts';
import { shortageError } from '../space-errors.ts';
import { lookAtFile, lookAtUpload } from './look-at-upload.ts';
import { beganAnother, tooManyUploads, uploadInvalid } from './upload-errors.ts';

export interface UploadRequest {
  /** `name@version` */
  readonly modelId: string;
  readonly fields: EntryFields;
  readonly files: readonly { readonly path: string; readonly sizeBytes: number; readonly sha256?: Sha256 }[];
  /** 32 hex digits: the same request again finds what it began. */
  readonly madeBy?: string;
}

/** @throws ModelError INVALID_INPUT with reason upload_invalid, model_exists or entry_invalid, NO_SPACE, QUOTA_EXCEEDED, RATE_LIMIT: with nothing begun */
export async function createUpload(work: Orchestration, request: UploadRequest): Promise<Upload> {
  const { modelId, madeBy } = request;
  const fields = cleanedFields(request.fields);
  await requireFreeId(work, modelId);
  refuseFiles(work, request.files);
  const entries = knownEntries(work.entriesPath);
  requireDistinct(entries, modelId);
  const entry = entries.get(modelId);
  if (entry !== undefined && hasFiles(entry) && !isSame(entry, request.files)) throw alreadyThere(modelId);
  const id = madeBy ?? work.store.random.uuid().replaceAll('-', '');
  await openStore(work.store);
  const record = await withUploadsLock(work.store, `begin an upload of ${modelId}`, async () => {
    await forgetUploads(work.store);
    const known = readUpload(work.store, id);
    if (known !== undefined) return sameUpload(known, request);
    const open = listUploads(work.store);
    if (open.length >= UPLOAD_LIMITS.open) throw tooManyUploads(open.length);
    const begun = newRecord(work, id, { ...request, fields });
    await requireRoom(work, begun, open);
    await writeUpload(work.store, begun);
    return begun;
  });
  return lookAtUpload(work, record);
}

function sameUpload(known: UploadRecord, { modelId, files }: UploadRequest): UploadRecord {
  const isSameFile = ({ path, size, given }: UploadFileRecord, at: number): boolean =>
    path === files[at]?.path && size === files[at].sizeBytes && given === files[at].sha256;
  if (known.model_id === modelId && known.files.length === files.length && known.files.every(isSameFile)) return known;
  throw beganAnother(known);
}

/** Bytes of an uploaded model that are lost come back with the same upload; nothing else may come under its name. */
function isSame({ files }: RegistryEntry, asked: UploadRequest['files']): boolean {
  const digests = new Map(files.map(({ path, sha256 }) => [path, sha256]));
  return asked.length === files.length && asked.every(({ path, sha256 }) => sha256 !== undefined && digests.get(path) === sha256);
}

function refuseFiles({ settings: { maxUploadSizeBytes: max } }: Orchestration, files: UploadRequest['files']): void {
  if (files.length === 0) throw uploadInvalid('files', 'is empty');
  if (files.length > UPLOAD_LIMITS.files) throw uploadInvalid('files', `has more than ${UPLOAD_LIMITS.files} files`);
  const fault = filesFault(files.map(({ path }) => path));
  if (fault !== undefined) throw uploadInvalid(`files.${fault.at}.path`, fault.message);
  const at = files.findIndex(({ sizeBytes }) => !Number.isSafeInteger(sizeBytes) || sizeBytes < 0);
  if (at >= 0) throw uploadInvalid(`files.${at}.size`, 'is no number of bytes');
  const total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (max !== undefined && total > max)
    throw new ModelError('QUOTA_EXCEEDED', `an upload may have ${formatBytes(max)}, and this one has ${formatBytes(total)}`, {
      reason: 'upload_too_large',
      hint: 'raise max_upload_size, or leave out what is not needed',
      details: { max_upload_size: max, bytes: total },
    });
}

function newRecord(work: Orchestration, id: string, { modelId, fields, files }: UploadRequest): UploadRecord {
  const now = work.store.clock.now();
  return {
    schema: 'wan.upload/v1',
    id,
    model_id: modelId,
    fields,
    files: files.map(({ path, sizeBytes, sha256 }) => ({ path, size: sizeBytes, ...(sha256 && { given: sha256 }), offset: 0 })),
    created_at: new Date(now).toISOString(),
    expires_at: expiryOf(work),
  };
}

/** From now on. */
export const expiryOf = ({ store, settings }: Orchestration): string => new Date(store.clock.now() + settings.uploadTtlMs).toISOString();

/** With all that others have begun to upload: none of them is told yes who would not find room. */
async function requireRoom(work: Orchestration, record: UploadRecord, others: readonly UploadRecord[]): Promise<void> {
  const needs = [record, ...others].map((one) => needsOf(work, one));
  const verdict = await foreseeSpace(work, needs, [record.model_id]);
  if (!fits(verdict)) throw shortageError({ label: record.model_id, verdict, root: work.store.resolver.root });
}

function needsOf(work: Orchestration, { id, model_id: modelId, files }: UploadRecord): Needs {
  const contents = files.map((file: UploadFileRecord, index) => {
    const { sizeBytes, offset } = lookAtFile(work, { id, index, file });
    return { key: file.sha256 ?? file.given ?? uploadKey(id, index), sizeBytes, writeBytes: sizeBytes - offset, isNew: true };
  });
  const directory = work.store.resolver.modelDir(CUSTOM_FAMILY, { modelId });
  return { family: CUSTOM_FAMILY, directory, contents, namedBytes: contents.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
}
