/** The sha256 of a finished file, read in turns so that the lane stays responsive. */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { HashResult } from './lane-protocol.ts';
import { LEAF_BYTES } from './transfer.ts';

const TURN_BYTES = 4 * 1024 * 1024;

export interface PathHashJob {
  /** Absolute path, or a descriptor of this process. */
  readonly path: string | number;
  readonly leaves: boolean;
  /** One BigInt64: bytes done. */
  readonly progress: SharedArrayBuffer;
}

export interface PathHashOptions {
  readonly readBuffer: Buffer;
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
  #offset = 0;

  constructor(job: PathHashJob, options: PathHashOptions) {
    this.#job = job;
    this.#options = options;
    this.#progress = new BigInt64Array(job.progress);
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
      for (let read = 0; read < TURN_BYTES && length > 0; read += length) length = this.#readSome(fd);
      if (length === 0) this.#finish();
      else setImmediate(() => this.#turn(fd));
    } catch (error) {
      this.#fail(error);
    }
  }

  #readSome(fd: number): number {
    const { readBuffer } = this.#options;
    const toLeafEnd = LEAF_BYTES - (this.#offset % LEAF_BYTES);
    const length = readSync(fd, readBuffer, 0, Math.min(readBuffer.length, toLeafEnd), this.#offset);
    const bytes = readBuffer.subarray(0, length);
    this.#hash.update(bytes);
    if (this.#job.leaves) this.#addToLeaf(bytes);
    this.#offset += length;
    Atomics.store(this.#progress, 0, BigInt(this.#offset));
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
