/**
 * How far a file that is being written is hashed: the hash, where it stands, and the states that it can go back to when the engine
 * asks for it.
 */
import { readSync } from 'node:fs';
import { PieceMap } from '../store/piece-map.ts';
import type { ContentHash, Sha256Hash } from './content-hash.ts';
import { FrontierCell } from './frontier-cell.ts';
import type { LaneLoad } from './lane-load.ts';
import type { HashResult, SharedFile } from './lane-protocol.ts';
import { LeafHasher } from './leaf-hasher.ts';
import { DiskFault } from './piece-writer.ts';

/** States kept to rewind to. */
const CHECKPOINT_BYTES = 64 * 1024 * 1024;

interface Checkpoint<Sha256 extends Sha256Hash<Sha256>> {
  readonly offset: number;
  readonly hash: ContentHash<Sha256>;
}

export interface FrontierOptions<Sha256 extends Sha256Hash<Sha256>> {
  readonly file: SharedFile;
  readonly hash: ContentHash<Sha256>;
  /** Where leaves are wanted, the load of the lane that decides about making them. */
  readonly leavesWhen: Pick<LaneLoad, 'isIdle'> | undefined;
}

export class Frontier<Sha256 extends Sha256Hash<Sha256>> {
  readonly #file: SharedFile;
  readonly #pieces: PieceMap;
  readonly #cell: FrontierCell;
  #hash: ContentHash<Sha256>;
  #offset = 0;
  /** Ascending; the first is the empty state. */
  #checkpoints: Checkpoint<Sha256>[];
  /** State at the start of the piece that the frontier is in. */
  #pieceStart: Checkpoint<Sha256> | undefined;
  #leaves: LeafHasher | undefined;
  #generation = 0;
  #reported = false;

  constructor({ file, hash, leavesWhen }: FrontierOptions<Sha256>) {
    this.#file = file;
    this.#pieces = new PieceMap(file.pieces);
    this.#cell = new FrontierCell(file.frontier);
    this.#hash = hash;
    this.#checkpoints = [{ offset: 0, hash: hash.copy() }];
    if (leavesWhen !== undefined) this.#leaves = new LeafHasher(leavesWhen);
    this.#cell.publish(0);
  }

  get offset(): number {
    return this.#offset;
  }

  get sha256(): Sha256 {
    return this.#hash.sha256;
  }

  /** Of what is hashed now; see frontier-cell.ts. */
  get generation(): number {
    return this.#generation;
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#file.pieces.sizeBytes;
  }

  /** Goes back where the engine asked for it. */
  obey(): void {
    const rewind = this.#cell.takeRewind();
    if (rewind === undefined) return;
    this.#generation = rewind.generation;
    this.#reported = false;
    if (rewind.offset < this.#offset) this.#restore(rewind.offset);
  }

  /** Bytes before the frontier that are held, to the end of their piece; goes back first where the engine asked for it. */
  readyBytes(): number {
    this.obey();
    if (this.isAtEnd || !this.#pieces.isHeld(this.#piece())) return 0;
    const { offset, length } = this.#pieces.extent(this.#piece());
    return offset + length - this.#offset;
  }

  /** Fills the buffer with bytes that are ready. @throws DiskFault */
  read(into: Uint8Array): void {
    for (let done = 0; done < into.length; ) done += readSome(this.#file.fd, into.subarray(done), this.#offset + done);
  }

  /** Call before the next bytes are hashed: the state at the start of a piece is kept. */
  keep(): void {
    if (this.#offset % this.#file.pieces.pieceBytes !== 0) return;
    const here = { offset: this.#offset, hash: this.#hash.copy() };
    this.#pieceStart = here;
    if (this.#offset - (this.#checkpoints.at(-1)?.offset ?? 0) >= CHECKPOINT_BYTES) this.#checkpoints.push(here);
  }

  /** Hashes the next bytes: they are being written. */
  take(bytes: Uint8Array): void {
    this.keep();
    this.#hash.update(bytes);
    this.#moved(bytes);
  }

  /** Hashes the next bytes: they were read back. */
  takeBack(bytes: Uint8Array): void {
    this.keep();
    this.#hash.update(bytes);
    this.tookBack(bytes);
  }

  /** The next bytes were read back, and are in the hash. Who dropped their piece meanwhile has not seen that they were taken. */
  tookBack(bytes: Uint8Array): void {
    const piece = this.#piece();
    this.#moved(bytes);
    if (!this.#pieces.isHeld(piece)) this.#restore(this.#pieces.extent(piece).offset);
  }

  /** What the whole file has become: once, until it goes back. */
  report(): HashResult | undefined {
    if (this.#reported || !this.isAtEnd) return undefined;
    this.#reported = true;
    const leaves = this.#leaves?.finish(this.#file.pieces.sizeBytes, this.#hash.sha256);
    return { ...this.#hash.digests(), ...(leaves !== undefined && { leaves }) };
  }

  #moved(bytes: Uint8Array): void {
    this.#leaves?.update(bytes, this.#offset, this.#hash.sha256);
    this.#offset += bytes.length;
    this.#cell.publish(this.#offset);
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

  #piece(): number {
    return Math.floor(this.#offset / this.#file.pieces.pieceBytes);
  }
}

function readSome(fd: number, into: Uint8Array, offset: number): number {
  try {
    const read = readSync(fd, into, 0, into.length, offset);
    if (read > 0) return read;
  } catch (error) {
    throw new DiskFault('read the partial', { cause: error });
  }
  throw new DiskFault('read the partial: it is shorter than its size');
}
