/** Whether a digest's blob is here and right, looked at under its lock: by its proof on record, else by one read. */
import type { Sha256 } from '../domain/digest.ts';
import { isUnreadable } from '../domain/fs-error.ts';
import type { FileSpec } from '../domain/spec.ts';
import { isUntouched, readStatKey, type StatKey } from '../store/stat-key.ts';
import { hashFile } from '../transfer/hash-file.ts';
import type { BlobRun } from './ensure-run.ts';
import { heal } from './heal.ts';

export interface PublishedFile {
  /** Absolute. */
  readonly path: string;
  /** As it was proven; where that is not known, or it is not so any more, one read proves it. */
  readonly proven?: StatKey;
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
  if (blobs.marks.isUnsynced(digest)) return false;
  let state = blobs.state(digest, file.sizeBytes);
  if (state === 'absent' && published !== undefined && (await adopt(run, digest, published))) state = 'proven';
  if (state === 'unproven' && (await renewProof(run, digest))) state = 'proven';
  if (state !== 'proven') return false;
  if (blobs.marks.all().has(digest)) await heal(run, digest);
  return true;
}

/** The bytes that a model still has need no fetching, though their blob is gone. */
async function adopt({ work, signal }: BlobRun, digest: Sha256, { path, proven }: PublishedFile): Promise<boolean> {
  const now = readStatKey(path);
  const isProven = proven !== undefined && now !== undefined && isUntouched(proven, now);
  const right = isProven ? now : await readAs(digest, path, signal);
  return right !== undefined && work.blobs.adopt(digest, path, right);
}

/** The file as it was before it was read, where it has these bytes. Whoever believes that looks whether it was written to since; another name that comes or goes writes nothing. */
async function readAs(digest: Sha256, path: string, signal: AbortSignal): Promise<StatKey | undefined> {
  const before = readStatKey(path);
  return (await digestOrNone(path, signal)) === digest ? before : undefined;
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
async function renewProof({ work, signal }: BlobRun, digest: Sha256): Promise<boolean> {
  const right = await readAs(digest, work.blobs.path(digest), signal);
  return right !== undefined && work.blobs.recordProof(digest, right);
}
