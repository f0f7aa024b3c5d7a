/** The sha256 of a finished file or of a part of it, read in turns so that the lane stays responsive. */
import { createHash, type Hash } from 'node:crypto';
import type { HashResult } from './lane-protocol.ts';
import { PathFile, type PathHashJob } from './path-file.ts';
import type { TokenBucket } from './token-bucket.ts';

const TURN_BYTES = 4 * 1024 * 1024;

export interface PathHashEvents {
  readonly onDone: (result: HashResult) => void;
  readonly onError: (error: unknown) => void;
}

export interface PathHashOptions extends PathHashEvents {
  readonly readBuffer: Buffer;
  readonly limit: TokenBucket;
}

export class PathHash {
  readonly #options: PathHashOptions;
  readonly #file: PathFile<Hash>;
  #cancelled = false;

  constructor(job: PathHashJob, options: PathHashOptions) {
    this.#options = options;
    this.#file = new PathFile(job, createHash('sha256'));
    setImmediate(() => this.#begin());
  }

  cancel(): void {
    this.#cancelled = true;
    this.#file.close();
  }

  #begin(): void {
    if (this.#cancelled) return;
    try {
      this.#file.open();
      this.#turn();
    } catch (error) {
      this.#fail(error);
    }
  }

  #turn(): void {
    if (this.#cancelled) return;
    try {
      let length = 1;
      const { limit } = this.#options;
      for (let read = 0; read < TURN_BYTES && length > 0 && limit.waitMs() < 1; read += length) length = this.#readSome();
      if (length === 0) this.#finish();
      else this.#next();
    } catch (error) {
      this.#fail(error);
    }
  }

  #next(): void {
    const waitMs = this.#options.limit.waitMs();
    if (waitMs < 1) setImmediate(() => this.#turn());
    else setTimeout(() => this.#turn(), waitMs);
  }

  #readSome(): number {
    const { readBuffer, limit } = this.#options;
    const wanted = Math.min(limit.readBytes(readBuffer.length), this.#file.wantedBytes);
    const bytes = readBuffer.subarray(0, this.#file.read(readBuffer.subarray(0, wanted)));
    limit.take(bytes.length);
    this.#file.sha256.update(bytes);
    this.#file.took(bytes);
    return bytes.length;
  }

  #finish(): void {
    this.cancel();
    this.#options.onDone(this.#file.result());
  }

  #fail(error: unknown): void {
    this.cancel();
    this.#options.onError(error);
  }
}
