/** One complete file, or a part of it, that is hashed on a lane. */
import { cancelledError } from '../domain/cancelled.ts';
import { type Sha256, sha256Of } from '../domain/digest.ts';
import type { ModelError } from '../domain/errors.ts';
import { fsError } from '../domain/fs-error.ts';
import type { QueuedFile } from './hash-queue.ts';
import type { Lane } from './lane.ts';
import type { LanePool } from './lane-pool.ts';
import type { Fault, HashResult, LaneEvent } from './lane-protocol.ts';

/** A part of a file; what lies beyond the file's end is left out. */
export interface FileExtent {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

/** An absolute path, an open descriptor that stays the caller's, or a part of a file. */
export type HashTarget = string | number | FileExtent;

export interface HashedFile {
  readonly sha256: Sha256;
  /** Bytes read: the size of the file, or of what there is of the part. */
  readonly sizeBytes: number;
  /** 32 bytes for each LEAF_BYTES, in order. */
  readonly leaves?: Uint8Array;
}

export interface HashPlace {
  readonly pool: LanePool;
  readonly lane: Lane;
  /** Beside the others of its set. */
  readonly isJoint: boolean;
}

export interface HashJobOptions {
  readonly signal?: AbortSignal;
  readonly leaves?: boolean | ((file: HashTarget) => boolean);
}

export class HashJob implements QueuedFile {
  readonly index: number;
  readonly sizeBytes: number;
  readonly #file: HashTarget;
  readonly #progress = new SharedArrayBuffer(8);

  constructor(file: HashTarget, { index, sizeBytes }: Pick<HashJob, 'index' | 'sizeBytes'>) {
    this.#file = file;
    this.index = index;
    this.sizeBytes = sizeBytes;
  }

  doneBytes(): number {
    return Number(Atomics.load(new BigInt64Array(this.#progress), 0));
  }

  /** @throws ModelError of the file system, CANCELLED */
  async run({ pool, lane, isJoint: joint }: HashPlace, { signal, leaves = false }: HashJobOptions): Promise<HashedFile> {
    const jobId = pool.nextId();
    const abort = abortOf(signal);
    const file = this.#file;
    try {
      const result = await new Promise<HashResult>((resolve, reject) => {
        abort.reject = reject;
        pool.listen(jobId, lane, { onLaneEvent: (event) => settle(event, file, { resolve, reject }), onLaneDeath: reject });
        const wantsLeaves = typeof leaves === 'function' ? leaves(file) : leaves;
        lane.post({ type: 'path.hash', jobId, ...placeOf(file), leaves: wantsLeaves, progress: this.#progress, joint });
        abort.check();
      });
      return { ...result, sha256: sha256Of(result.sha256), sizeBytes: this.doneBytes() };
    } finally {
      abort.clear();
      lane.post({ type: 'path.cancel', jobId });
      pool.unlisten(jobId);
    }
  }
}

const placeOf = (file: HashTarget) => (typeof file === 'object' ? file : { path: file });

interface Settlers {
  readonly resolve: (result: HashResult) => void;
  readonly reject: (error: ModelError) => void;
}

function settle(event: LaneEvent, file: HashTarget, { resolve, reject }: Settlers): void {
  if (event.type === 'path.done') resolve(event.result);
  else if (event.type === 'path.failed') reject(readError(event.fault, file));
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
  return fsError(Object.assign(new Error(fault.message), { code: fault.errno }), readingOf(file));
}

/** For errors. */
export function readingOf(file: HashTarget): string {
  const { path } = placeOf(file);
  return typeof path === 'string' ? `read ${path}` : 'read an open file';
}
