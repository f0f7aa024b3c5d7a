/** Whether a digest's blob is here and right, looked at under its lock: by its proof on record, else by one read. */
import type { Sha256 } from '../domain/digest.ts';
import { isUnreadable } from '../domain/fs-error.ts';
import type { FileSpec } from '../domain/spec.ts';
import { isUntouched, readStatKey } from '../store/stat-key.ts';
import { hashFile } from '../transfer/hash-file.ts';
import type { BlobRun } from './ensure-run.ts';
import { heal } from './heal.ts';

export interface PublishedFile {
  /** Absolute. */
  readonly path: string;
  /** Otherwise one read proves it. */
  readonly proven: boolean;
}

export interface DigestQuestion {
  readonly file: Pick<FileSpec, 'sizeBytes'>;
  readonly digest: Sha256;
  /** Its bytes make the blob again where that is gone. */
  readonly published?: PublishedFile;
}

/** Whether the blob is here and proven, after one read of it where that is what it takes. Call under the digest's lock. */
export async function isHere(run: BlobRun, { file, digest, published }: DigestQuestion): Promise<boolean> {
  const { blobs } = run.work;
  await run.intent?.name(digest);
  let state = blobs.state(digest, file.sizeBytes);
  if (state === 'absent' && published !== undefined && (await adopt(run, digest, published))) state = 'proven';
  if (state === 'absent' || (state === 'unproven' && !(await renewProof(run, file, digest)))) return false;
  if (blobs.marks.all().has(digest)) await heal(run, digest);
  return true;
}

/** The bytes that a model still has need no fetching, though their blob is gone. */
async function adopt({ work, signal }: BlobRun, digest: Sha256, { path, proven }: PublishedFile): Promise<boolean> {
  if (!proven && !(await hashesTo(digest, path, signal))) return false;
  return work.blobs.adopt(digest, path);
}

/** What is written to meanwhile hashes to nothing. Another name that comes or goes meanwhile, with a snapshot, writes nothing. */
async function hashesTo(digest: Sha256, path: string, signal: AbortSignal): Promise<boolean> {
  const before = readStatKey(path);
  const sha256 = await digestOrNone(path, signal);
  const after = readStatKey(path);
  return sha256 === digest && before !== undefined && after !== undefined && isUntouched(before, after);
}

/** A file with a bad sector hashes to nothing: its bytes are to be had elsewhere. */
async function digestOrNone(path: string, signal: AbortSignal): Promise<Sha256 | undefined> {
  try {
    return (await hashFile(path, { signal })).sha256;
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

/** Reads the blob once, so that nobody needs to again. What is written to meanwhile is not proven by it. */
async function renewProof({ work, signal }: BlobRun, file: Pick<FileSpec, 'sizeBytes'>, digest: Sha256): Promise<boolean> {
  const path = work.blobs.path(digest);
  if (readStatKey(path)?.sizeBytes !== file.sizeBytes || !(await hashesTo(digest, path, signal))) return false;
  await work.blobs.recordProof(digest);
  return true;
}
