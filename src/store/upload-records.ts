/** Uploads on disk: one durable record each, changed under one short lock. What they count on is as safe from removal as an ensure's is. */
import { hash } from 'node:crypto';
import { isUploadId, type UploadRecord } from '../domain/uploads.ts';
import type { StoreContext } from './context.ts';
import { listNames } from './list-names.ts';
import { readRecord, removeRecord, writeRecord } from './record.ts';

/** Of the file that receives the bytes, and of the lock of whoever writes to it. */
export const uploadKey = (id: string, index: number): string => `u-${hash('sha256', `upload ${id} ${index}`)}`;

/** Also expired ones, oldest first. */
export function listUploads(context: StoreContext): UploadRecord[] {
  const names = listNames(context.resolver.stateDir('uploads'));
  return names.flatMap((id) => readUpload(context, id) ?? []).sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
}

export function readUpload(context: StoreContext, id: string): UploadRecord | undefined {
  if (!isUploadId(id)) return undefined;
  const record = readRecord<UploadRecord>(context.resolver.stateFile('uploads', id));
  return record?.schema === 'wan.upload/v1' && record.id === id ? record : undefined;
}

/** Durable on return. Under the lock of uploads. */
export const writeUpload = (context: StoreContext, record: UploadRecord): Promise<void> =>
  writeRecord(context, context.resolver.stateFile('uploads', record.id), record, { durable: true });

/** Under the lock of uploads. */
export const removeUpload = (context: StoreContext, id: string): Promise<void> =>
  removeRecord(context.resolver.stateFile('uploads', id), { durable: true });

export const isUploadOver = ({ clock }: Pick<StoreContext, 'clock'>, { expires_at: expiresAt }: UploadRecord): boolean =>
  !(Date.parse(expiresAt) > clock.now());

/** Reads and writes under the lock; none is taken inside. */
export async function withUploadsLock<T>(context: StoreContext, doing: string, run: () => Promise<T>): Promise<T> {
  const lease = await context.locks.acquire(context.resolver.uploadsLock(), { timeoutMs: context.lockTimeoutMs, doing });
  try {
    return await run();
  } finally {
    await lease.release();
  }
}

/** Records of uploads that nobody goes on with. What they counted on is debris from here on. Under the lock of uploads. */
export async function forgetUploads(context: StoreContext): Promise<void> {
  for (const record of listUploads(context)) if (isUploadOver(context, record)) await removeUpload(context, record.id);
}

/** {@link forgetUploads}, where there is one to forget: a volume without a free inode has no room for a lock that nobody needs. */
export async function endUploads(context: StoreContext): Promise<void> {
  if (!listUploads(context).some((record) => isUploadOver(context, record))) return;
  await withUploadsLock(context, 'gc of uploads', () => forgetUploads(context));
}

export interface UploadHold {
  /** The model's id. */
  readonly ref: string;
  readonly digests: readonly string[];
  readonly keys: readonly string[];
}

/** What uploads count on that somebody may still go on with. */
export const uploadHolds = (context: StoreContext): UploadHold[] =>
  listUploads(context)
    .filter((record) => !isUploadOver(context, record))
    .map(({ id, model_id: ref, files }) => ({
      ref,
      digests: files.flatMap(({ sha256, given }) => sha256 ?? given ?? []),
      keys: files.map((_, index) => uploadKey(id, index)),
    }));
