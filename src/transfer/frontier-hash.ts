/**
 * The digests of a file that is being written. Bytes offered exactly at the frontier are hashed from memory; pieces that
 * were completed ahead of it are read back, from the page cache, when the frontier reaches them.
 */
import { readSync } from 'node:fs';
import { PieceMap } from '../store/piece-map.ts';
import { ContentHash, type OtherAlgorithm } from './content-hash.ts';
import { FrontierCell } from './frontier-cell.ts';
import type { LaneLoad } from './lane-load.ts';
import type { HashResult, SharedFile } from './lane-protocol.ts';
import { LeafHasher } from './leaf-hasher.ts';
import { DiskFault } from './piece-writer.ts';

/** States kept to rewind to. */
const CHECKPOINT_BYTES = 64 * 1024 * 1024;
const READ_BYTES = 512 * 1024;
/** Read back in one go before sockets get their turn. */
const TURN_BYTES = 2 * 1024 * 1024;

interface Checkpoint {
  readonly offset: number;
  readonly hash: ContentHash;
}

export interface FrontierHashOptions {
  readonly file: SharedFile;
  /** Made beside the sha256. */
  readonly also?: OtherAlgorithm | undefined;
  /** Shared by all hashes of the lane: used only within one turn. */
  readonly readBuffer: Buffer;
  /** Where leaves are wanted, the load of the lane that decides about making them. */
  readonly leavesWhen: LaneLoad | undefined;
  readonly onDone: (result: HashResult, generation: number) => void;
  readonly onError: (error: unknown, generation: number) => void;
}

export const makeReadBuffer = (): Buffer => Buffer.allocUnsafeSlow(READ_BYTES);

export class FrontierHash {
  readonly #options: FrontierHashOptions;
  readonly #pieces: PieceMap;
  readonly #cell: FrontierCell;
  #hash: ContentHash;
  #offset = 0;
  /** Ascending; the first is the empty state. */
  #checkpoints: Checkpoint[];
  /** State at the start of the piece that the frontier is in. */
  #pieceStart: Checkpoint | undefined;
  #leaves: LeafHasher | undefined;
  #generation = 0;
  #turnDue = false;
  #closed = false;
  #reported = false;

  constructor(options: FrontierHashOptions) {
    this.#options = options;
    this.#pieces = new PieceMap(options.file.pieces);
    this.#cell = new FrontierCell(options.file.frontier);
    this.#hash = ContentHash.begin(options.file.pieces.sizeBytes, options.also);
    this.#checkpoints = [{ offset: 0, hash: this.#hash.copy() }];
    if (options.leavesWhen !== undefined) this.#leaves = new LeafHasher(options.leavesWhen);
    this.#cell.publish(0);
    this.advance();
  }

  /** Bytes just written at `offset`. Hashed now if the frontier is there; read back later if not. */
  offer(bytes: Uint8Array, offset: number): void {
    this.#obey();
    if (offset === this.#offset && !this.#closed) this.#take(bytes);
  }

  /** Goes on over pieces that are held, or back where the engine asked for it. */
  advance(): void {
    this.#obey();
    if (this.#turnDue || this.#closed) return;
    if (!this.#atEnd() && !this.#canReadBack()) return;
    this.#turnDue = true;
    setImmediate(() => this.#turn());
  }

  close(): void {
    this.#closed = true;
  }

  #turn(): void {
    this.#turnDue = false;
    if (this.#closed) return;
    this.#obey();
    try {
      for (let read = 0; read < TURN_BYTES && this.#canReadBack(); ) read += this.#readBack();
      if (this.#atEnd()) this.#report();
      else this.advance();
    } catch (error) {
      this.#closed = true;
      this.#options.onError(error, this.#generation);
    }
  }

  #obey(): void {
    const rewind = this.#cell.takeRewind();
    if (rewind === undefined) return;
    this.#generation = rewind.generation;
    this.#reported = false;
    if (rewind.offset < this.#offset) this.#restore(rewind.offset);
  }

  #readBack(): number {
    const { file, readBuffer } = this.#options;
    const extent = this.#pieces.extent(this.#piece());
    const wanted = Math.min(readBuffer.length, extent.offset + extent.length - this.#offset);
    const length = readExactly(file.fd, readBuffer, wanted, this.#offset);
    this.#take(readBuffer.subarray(0, length));
    return length;
  }

  #take(bytes: Uint8Array): void {
    if (this.#offset % this.#options.file.pieces.pieceBytes === 0) this.#checkpoint();
    this.#hash.update(bytes);
    this.#leaves?.update(bytes, this.#offset, this.#hash.sha256);
    this.#offset += bytes.length;
    this.#cell.publish(this.#offset);
  }

  #checkpoint(): void {
    const here = { offset: this.#offset, hash: this.#hash.copy() };
    this.#pieceStart = here;
    if (this.#offset - (this.#checkpoints.at(-1)?.offset ?? 0) >= CHECKPOINT_BYTES) this.#checkpoints.push(here);
  }

  #restore(offset: number): void {
    this.#checkpoints = this.#checkpoints.filter((checkpoint) => checkpoint.offset <= offset);
    const near = this.#pieceStart !== undefined && this.#pieceStart.offset <= offset ? this.#pieceStart : this.#checkpoints.at(-1);
    if (near === undefined) throw new Error('the empty state is always there to go back to');
    this.#hash = near.hash.copy();
    this.#offset = near.offset;
    this.#pieceStart = undefined;
    this.#leaves = undefined;
    this.#cell.publish(this.#offset);
  }

  #report(): void {
    if (this.#reported) return;
    this.#reported = true;
    const leaves = this.#leaves?.finish(this.#options.file.pieces.sizeBytes, this.#hash.sha256);
    this.#options.onDone({ ...this.#hash.digests(), ...(leaves !== undefined && { leaves }) }, this.#generation);
  }

  #piece(): number {
    return Math.floor(this.#offset / this.#options.file.pieces.pieceBytes);
  }

  #atEnd(): boolean {
    return this.#offset === this.#options.file.pieces.sizeBytes;
  }

  #canReadBack(): boolean {
    if (this.#atEnd() || !this.#pieces.isHeld(this.#piece())) return false;
    const before = this.#offset;
    this.#obey();
    return this.#offset === before || this.#canReadBack();
  }
}

function readExactly(fd: number, buffer: Buffer, length: number, offset: number): number {
  try {
    const read = readSync(fd, buffer, 0, length, offset);
    if (read > 0) return read;
  } catch (error) {
    throw new DiskFault('read the partial', { cause: error });
  }
  throw new DiskFault('read the partial: it is shorter than its size');
}
