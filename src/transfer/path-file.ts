/** A finished file, or a part of it, as it is read and hashed from its first byte to its last. */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Sha256Hash } from './content-hash.ts';
import type { HashResult } from './lane-protocol.ts';
import { LEAF_BYTES } from './transfer.ts';

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

export class PathFile<Sha256 extends Sha256Hash<Sha256>> {
  readonly sha256: Sha256;
  readonly #job: PathHashJob;
  readonly #progress: BigInt64Array;
  readonly #start: number;
  readonly #end: number;
  readonly #leaves: Buffer[] = [];
  #leaf: Hash | undefined;
  #fd: number | undefined;
  #offset: number;

  constructor(job: PathHashJob, sha256: Sha256) {
    this.#job = job;
    this.sha256 = sha256;
    this.#progress = new BigInt64Array(job.progress);
    this.#start = job.offset ?? 0;
    this.#end = this.#start + (job.length ?? Number.POSITIVE_INFINITY);
    this.#offset = this.#start;
  }

  open(): void {
    const { path } = this.#job;
    this.#fd = typeof path === 'number' ? path : openSync(path, 'r');
    fstatSync(this.#fd);
  }

  close(): void {
    if (this.#fd !== undefined && typeof this.#job.path === 'string') closeSync(this.#fd);
    this.#fd = undefined;
  }

  /** So many bytes can be wanted at once: no leaf ends among them. Where the file ends, its reader is told by fewer. */
  get wantedBytes(): number {
    return Math.min(LEAF_BYTES - (this.#offset % LEAF_BYTES), this.#end - this.#offset);
  }

  /** Fills the buffer with the next bytes. @returns how many there are: fewer only at the end of the file */
  read(into: Uint8Array): number {
    if (this.#fd === undefined) throw new Error('a file is opened before it is read');
    let done = 0;
    for (let length = 1; length > 0 && done < into.length; done += length) {
      length = readSync(this.#fd, into, done, into.length - done, this.#offset + done);
    }
    return done;
  }

  /** Those bytes are in the hash. */
  took(bytes: Uint8Array): void {
    if (this.#job.leaves) this.#addToLeaf(bytes);
    this.#offset += bytes.length;
    Atomics.store(this.#progress, 0, BigInt(this.#offset - this.#start));
  }

  /** Of all that was taken. */
  result(): HashResult {
    this.#endLeaf();
    const sha256 = this.sha256.digest().toString('hex');
    return { sha256, ...(this.#job.leaves && { leaves: new Uint8Array(Buffer.concat(this.#leaves)) }) };
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
}
