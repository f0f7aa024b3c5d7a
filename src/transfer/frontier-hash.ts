/**
 * The digests of a file that is being written. Bytes offered exactly at the frontier are hashed from memory; pieces that
 * were completed ahead of it are read back, from the page cache, when the frontier reaches them.
 */
import type { Hash } from 'node:crypto';
import { ContentHash, type OtherAlgorithm } from './content-hash.ts';
import { Frontier } from './frontier.ts';
import type { LaneLoad } from './lane-load.ts';
import type { HashResult, SharedFile } from './lane-protocol.ts';

const READ_BYTES = 512 * 1024;
/** Read back in one go before sockets get their turn. */
const TURN_BYTES = 2 * 1024 * 1024;

/** How the lane that moves bytes sees the hash of their file. */
export interface FileHash {
  /** Bytes just written at `offset`. */
  offer(bytes: Uint8Array, offset: number): void;
  /** Goes on over pieces that are held, or back where the engine asked for it. */
  advance(): void;
  close(): void;
}

export interface FileHashOptions {
  readonly file: SharedFile;
  /** Where leaves are wanted, the load of the lane that decides about making them. */
  readonly leavesWhen: Pick<LaneLoad, 'isIdle'> | undefined;
  readonly onDone: (result: HashResult, generation: number) => void;
  readonly onError: (error: unknown, generation: number) => void;
}

export interface FrontierHashOptions extends FileHashOptions {
  /** Made beside the sha256. */
  readonly also?: OtherAlgorithm | undefined;
  /** Shared by all hashes of the lane: used only within one turn. */
  readonly readBuffer: Buffer;
}

export const makeReadBuffer = (): Buffer => Buffer.allocUnsafeSlow(READ_BYTES);

export class FrontierHash implements FileHash {
  readonly #options: FrontierHashOptions;
  readonly #frontier: Frontier<Hash>;
  #turnDue = false;
  #closed = false;

  constructor(options: FrontierHashOptions) {
    this.#options = options;
    this.#frontier = new Frontier({ ...options, hash: ContentHash.begin(options.file.pieces.sizeBytes, options.also) });
    this.advance();
  }

  /** Hashed now if the frontier is there; read back later if not. */
  offer(bytes: Uint8Array, offset: number): void {
    this.#frontier.obey();
    if (offset === this.#frontier.offset && !this.#closed) this.#frontier.take(bytes);
  }

  advance(): void {
    this.#frontier.obey();
    if (this.#turnDue || this.#closed) return;
    if (!this.#frontier.isAtEnd && this.#frontier.readyBytes() === 0) return;
    this.#turnDue = true;
    setImmediate(() => this.#turn());
  }

  close(): void {
    this.#closed = true;
  }

  #turn(): void {
    this.#turnDue = false;
    if (this.#closed) return;
    this.#frontier.obey();
    try {
      for (let read = 0, length = 1; read < TURN_BYTES && length > 0; read += length) length = this.#readBack();
      if (this.#frontier.isAtEnd) this.#report();
      else this.advance();
    } catch (error) {
      this.#closed = true;
      this.#options.onError(error, this.#frontier.generation);
    }
  }

  #readBack(): number {
    const { readBuffer } = this.#options;
    const bytes = readBuffer.subarray(0, Math.min(readBuffer.length, this.#frontier.readyBytes()));
    if (bytes.length === 0) return 0;
    this.#frontier.read(bytes);
    this.#frontier.takeBack(bytes);
    return bytes.length;
  }

  #report(): void {
    const result = this.#frontier.report();
    if (result !== undefined) this.#options.onDone(result, this.#frontier.generation);
  }
}
