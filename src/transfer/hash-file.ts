/** The sha256 of files that are complete, on as many cores as there are: what `verify` is made of. */
import { fstatSync, statSync } from 'node:fs';
import { isModelError, type ModelError } from '../domain/errors.ts';
import { fsError } from '../domain/fs-error.ts';
import { type HashedFile, HashJob, type HashPlace, type HashTarget, readingOf } from './hash-job.ts';
import { HashQueue } from './hash-queue.ts';
import type { Lane } from './lane.ts';
import { defaultWorkers, LanePool } from './lane-pool.ts';
import { hasShaInstructions } from './sha-instructions.ts';
import { TokenBucket } from './token-bucket.ts';

export interface HashOptions {
  readonly signal?: AbortSignal;
  /** Of all reads together; absent: no limit. */
  readonly limitRateBytesPerSecond?: number;
  /** Begin the files in the order given; default: the largest first, which is sooner done. */
  readonly inOrder?: boolean;
  /** A file that cannot be read is told here, and the others go on; its result is absent. Default: it fails the call. */
  readonly onFailed?: (index: number, error: ModelError) => void;
  /** Each as soon as it is there. */
  readonly onHashed?: (index: number, hashed: HashedFile) => void;
  /** Bytes hashed so far, over all files; at most 10 times a second and once at the end. */
  readonly onProgress?: (doneBytes: number) => void;
  /** Make the leaf digests too, of all or of the files chosen: costs as much again. */
  readonly leaves?: boolean | ((file: HashTarget) => boolean);
  /** Threads for much to hash. Default: one a core, at most 6. */
  readonly workers?: number;
  /** Default: asked of OpenSSL, see sha-instructions.ts. */
  readonly hasShaInstructions?: () => boolean;
}

const THREADS_PAY_BYTES = 64 * 1024 * 1024;
const PROGRESS_MS = 100;

/** @throws ModelError of the file system, CANCELLED */
export async function hashFile(file: HashTarget, options: HashOptions = {}): Promise<HashedFile> {
  const [hashed] = await hashFiles([file], options);
  if (hashed === undefined) throw new Error('no digest for one file');
  return hashed;
}

/** Digests in the order of the files. @throws ModelError of the first file that cannot be read, CANCELLED */
export async function hashFiles(files: readonly HashTarget[], options: HashOptions = {}): Promise<HashedFile[]> {
  const sizes = files.map((file) => sizeOf(file, options));
  const totalBytes = sizes.reduce((sum, size) => sum + size, 0);
  const paysThreads = totalBytes >= THREADS_PAY_BYTES;
  const pool = makePool(paysThreads ? Math.min(options.workers ?? defaultWorkers(), files.length) : 0, options);
  const jobs = files.map((file, index) => new HashJob(file, { index, sizeBytes: sizes[index] ?? 0 }));
  const ordered = options.inOrder ? jobs : jobs.toSorted((a, b) => b.sizeBytes - a.sizeBytes);
  const show = () => options.onProgress?.(jobs.reduce((sum, job) => sum + job.doneBytes(), 0));
  // Also keeps the process alive, which the threads do not.
  const timer = setInterval(show, PROGRESS_MS);
  const results: HashedFile[] = [];
  try {
    const lanes = pool.bulk();
    const queue = new HashQueue(ordered, { threads: lanes.length, mayJoin: () => paysThreads && mayJoin(options) });
    const hash = async (lane: Lane, job: HashJob, isJoint: boolean): Promise<void> => {
      const hashed = await hashOrTell({ pool, lane, isJoint }, job, options);
      queue.settle(job);
      if (hashed === undefined) return;
      results[job.index] = hashed;
      options.onHashed?.(job.index, hashed);
    };
    await Promise.all(
      lanes.map(async (lane) => {
        for (let set = queue.take(); set.length > 0; set = queue.take()) {
          await Promise.all(set.map((job) => hash(lane, job, set.length > 1)));
        }
      }),
    );
    show();
    return results;
  } finally {
    clearInterval(timer);
    await pool.close();
  }
}

/** A limit has nothing to gain, and is not held, by files side by side. */
const mayJoin = (options: HashOptions): boolean =>
  !options.limitRateBytesPerSecond && !(options.hasShaInstructions ?? hasShaInstructions)();

function sizeOf(file: HashTarget, { onFailed }: HashOptions): number {
  if (typeof file === 'object') return file.length;
  try {
    return (typeof file === 'number' ? fstatSync(file) : statSync(file)).size;
  } catch (error) {
    // It is told when its turn comes.
    if (onFailed !== undefined) return 0;
    throw fsError(error, readingOf(file));
  }
}

function makePool(workers: number, { limitRateBytesPerSecond = 0 }: HashOptions): LanePool {
  const limit = new TokenBucket();
  limit.setRate(limitRateBytesPerSecond);
  return new LanePool({ limit: limit.buffer, bufferBytes: 0, workers });
}

async function hashOrTell(place: HashPlace, job: HashJob, options: HashOptions): Promise<HashedFile | undefined> {
  try {
    return await job.run(place, options);
  } catch (error) {
    if (options.onFailed === undefined || !isModelError(error) || error.details.errno === undefined) throw error;
    options.onFailed(job.index, error);
    return undefined;
  }
}
