/** The sha256 of a finished file or of a part of it, read in turns so that the lane stays responsive. */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { HashResult } from './lane-protocol.ts';
import type { TokenBucket } from './token-bucket.ts';
import { LEAF_BYTES } from './transfer.ts';

const TURN_BYTES = 4 * 1024 * 1024;

export interface PathHashJob {
  /** Absolute path, or a descriptor of this process. */
  readonly path: string | number;
  /** First byte; default 0. */
  readonly offset?: number;
  /** At most so many bytes; default: to the end. */
  readonly length?: number;
  /** From the first byte on: only of a whole file they are the file's. */
  readonly leaves: boolean;
  /** One BigInt64: bytes done. */
  readonly progress: SharedArrayBuffer;
}

export interface PathHashOptions {
  readonly readBuffer: Buffer;
  readonly limit: TokenBucket;
  readonly onDone: (result: HashResult) => void;
  readonly onError: (error: unknown) => void;
}

export class PathHash {
  readonly #options: PathHashOptions;
  readonly #progress: BigInt64Array;
  readonly #job: PathHashJob;
  readonly #hash = createHash('sha256');
  readonly #leaves: Buffer[] = [];
  #leaf: Hash | undefined;
  #fd: number | undefined;
  #offset: number;
  readonly #end: number;

  constructor(job: PathHashJob, options: PathHashOptions) {
    this.#job = job;
    this.#options = options;
    this.#progress = new BigInt64Array(job.progress);
    this.#offset = job.offset ?? 0;
    this.#end = this.#offset + (job.length ?? Number.POSITIVE_INFINITY);
    setImmediate(() => this.#begin());
  }

  #cancelled = false;

  cancel(): void {
    this.#cancelled = true;
    if (this.#fd !== undefined && typeof this.#job.path === 'string') closeSync(this.#fd);
    this.#fd = undefined;
  }

  #begin(): void {
    if (this.#cancelled) return;
    try {
      this.#fd = typeof this.#job.path === 'number' ? this.#job.path : openSync(this.#job.path, 'r');
      fstatSync(this.#fd);
      this.#turn(this.#fd);
    } catch (error) {
      this.#fail(error);
    }
  }

  #turn(fd: number): void {
    if (this.#cancelled) return;
    try {
      let length = 1;
      const { limit } = this.#options;
      for (let read = 0; read < TURN_BYTES && length > 0 && limit.waitMs() < 1; read += length) length = this.#readSome(fd);
      if (length === 0) this.#finish();
      else this.#next(fd);
    } catch (error) {
      this.#fail(error);
    }
  }

  #next(fd: number): void {
    const waitMs = this.#options.limit.waitMs();
    if (waitMs < 1) setImmediate(() => this.#turn(fd));
    else setTimeout(() => this.#turn(fd), waitMs);
  }

  #readSome(fd: number): number {
    const { readBuffer, limit } = this.#options;
    const toLeafEnd = LEAF_BYTES - (this.#offset % LEAF_BYTES);
    const wanted = Math.min(limit.readBytes(readBuffer.length), toLeafEnd, this.#end - this.#offset);
    const length = wanted === 0 ? 0 : readSync(fd, readBuffer, 0, wanted, this.#offset);
    limit.take(length);
    const bytes = readBuffer.subarray(0, length);
    this.#hash.update(bytes);
    if (this.#job.leaves) this.#addToLeaf(bytes);
    this.#offset += length;
    Atomics.store(this.#progress, 0, BigInt(this.#offset - (this.#job.offset ?? 0)));
    return length;
  }

  #addToLeaf(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#leaf ??= createHash('sha256');
    this.#leaf.update(bytes);
    if ((this.#offset + bytes.length) % LEAF_BYTES === 0) this.#endLeaf();
  }

  #endLeaf(): void {
    if (this.#leaf !== undefined) this.#leaves.push(this.#leaf.digest());
    this.#leaf = undefined;
  }

  #finish(): void {
    this.#endLeaf();
    this.cancel();
    const sha256 = this.#hash.digest('hex');
    this.#options.onDone({ sha256, ...(this.#job.leaves && { leaves: new Uint8Array(Buffer.concat(this.#leaves)) }) });
  }

  #fail(error: unknown): void {
    this.cancel();
    this.#options.onError(error);
  }
}
