/** The sha256 of files that are complete, on as many cores as there are: what `verify` is made of. */
import { fstatSync, statSync } from 'node:fs';
import { cancelledError } from '../domain/cancelled.ts';
import { type Sha256, sha256Of } from '../domain/digest.ts';
import { isModelError, type ModelError } from '../domain/errors.ts';
import { fsError } from '../domain/fs-error.ts';
import type { Lane } from './lane.ts';
import { defaultWorkers, LanePool } from './lane-pool.ts';
import type { Fault, HashResult, LaneEvent } from './lane-protocol.ts';
import { TokenBucket } from './token-bucket.ts';

/** A part of a file; what lies beyond the file's end is left out. */
export interface FileExtent {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

/** An absolute path, an open descriptor that stays the caller's, or a part of a file. */
export type HashTarget = string | number | FileExtent;

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
}

export interface HashedFile {
  readonly sha256: Sha256;
  /** Bytes read: the size of the file, or of what there is of the part. */
  readonly sizeBytes: number;
  /** 32 bytes for each LEAF_BYTES, in order. */
  readonly leaves?: Uint8Array;
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
  const pool = makePool(totalBytes < THREADS_PAY_BYTES ? 0 : Math.min(defaultWorkers(), files.length), options);
  const jobs = files.map((file, index) => ({ file, index, sizeBytes: sizes[index] ?? 0, progress: new SharedArrayBuffer(8) }));
  const queue = options.inOrder ? [...jobs] : jobs.toSorted((a, b) => b.sizeBytes - a.sizeBytes);
  const show = () => options.onProgress?.(jobs.reduce((sum, job) => sum + doneOf(job.progress), 0));
  // Also keeps the process alive, which the threads do not.
  const timer = setInterval(show, PROGRESS_MS);
  const results: HashedFile[] = [];
  try {
    await Promise.all(
      pool.bulk().map(async (lane) => {
        for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
          const hashed = await hashOrTell(pool, lane, job, options);
          if (hashed === undefined) continue;
          results[job.index] = hashed;
          options.onHashed?.(job.index, hashed);
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

const doneOf = (progress: SharedArrayBuffer): number => Number(Atomics.load(new BigInt64Array(progress), 0));

function sizeOf(file: HashTarget, { onFailed }: HashOptions): number {
  if (typeof file === 'object') return file.length;
  try {
    return (typeof file === 'number' ? fstatSync(file) : statSync(file)).size;
  } catch (error) {
    // It is told when its turn comes.
    if (onFailed !== undefined) return 0;
    throw fsError(error, describe(file));
  }
}

function makePool(workers: number, { limitRateBytesPerSecond = 0 }: HashOptions): LanePool {
  const limit = new TokenBucket();
  limit.setRate(limitRateBytesPerSecond);
  return new LanePool({ limit: limit.buffer, bufferBytes: 0, workers });
}

interface Job {
  readonly index: number;
  readonly file: HashTarget;
  readonly progress: SharedArrayBuffer;
}

async function hashOrTell(pool: LanePool, lane: Lane, job: Job, options: HashOptions): Promise<HashedFile | undefined> {
  try {
    return await hashOn(pool, lane, job, options);
  } catch (error) {
    if (options.onFailed === undefined || !isModelError(error) || error.details.errno === undefined) throw error;
    options.onFailed(job.index, error);
    return undefined;
  }
}

async function hashOn(pool: LanePool, lane: Lane, job: Job, { signal, leaves = false }: HashOptions): Promise<HashedFile> {
  const jobId = pool.nextId();
  const abort = abortOf(signal);
  try {
    const result = await new Promise<HashResult>((resolve, reject) => {
      abort.reject = reject;
      pool.listen(jobId, lane, { onLaneEvent: (event) => settle(event, job, { resolve, reject }), onLaneDeath: reject });
      lane.post({
        type: 'path.hash',
        jobId,
        ...placeOf(job.file),
        leaves: typeof leaves === 'function' ? leaves(job.file) : leaves,
        progress: job.progress,
      });
      abort.check();
    });
    return { ...result, sha256: sha256Of(result.sha256), sizeBytes: doneOf(job.progress) };
  } finally {
    abort.clear();
    lane.post({ type: 'path.cancel', jobId });
    pool.unlisten(jobId);
  }
}

const placeOf = (file: HashTarget) => (typeof file === 'object' ? file : { path: file });

interface Settlers {
  readonly resolve: (result: HashResult) => void;
  readonly reject: (error: ModelError) => void;
}

function settle(event: LaneEvent, job: Job, { resolve, reject }: Settlers): void {
  if (event.type === 'path.done') resolve(event.result);
  else if (event.type === 'path.failed') reject(readError(event.fault, job.file));
}

/** Rejects a promise that does not know of signals. */
function abortOf(signal: AbortSignal | undefined) {
  const abort = {
    reject: (_error: ModelError): void => undefined,
    check: (): void => {
      if (signal?.aborted) abort.reject(cancelledError(signal, 'hashing files'));
    },
    clear: (): void => signal?.removeEventListener('abort', abort.check),
  };
  signal?.addEventListener('abort', abort.check, { once: true });
  return abort;
}

function readError(fault: Fault, file: HashTarget): ModelError {
  return fsError(Object.assign(new Error(fault.message), { code: fault.errno }), describe(file));
}

function describe(file: HashTarget): string {
  const { path } = placeOf(file);
  return typeof path === 'string' ? `read ${path}` : 'read an open file';
}
