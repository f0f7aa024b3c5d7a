/**
 * Which pieces of a partial are held, one byte each, in memory shared between threads and mirrored into a file.
 *
 * A byte is 0 (not held), or source index + 1 (1..63), with bit 7 set once the piece has survived an fdatasync.
 * A mark without bit 7 is good for as long as the operating system lives: after kill -9, not after power loss. The
 * reader of an old map tells the two apart by the boot id in the partial's header.
 */
import { writeSync } from 'node:fs';

/** Bit of a mark: the piece has survived an fdatasync. */
export const SYNCED_MARK = 0x80;
const SOURCE_MASK = 0x3f;

/** What a worker thread needs to work on the same map; structured-clonable. */
export interface PieceMapHandle {
  readonly marks: SharedArrayBuffer;
  /** Descriptor of the map file, and the offset of its first mark. */
  readonly fd: number;
  readonly fileOffset: number;
  readonly pieceBytes: number;
  readonly sizeBytes: number;
}

export const pieceCount = (sizeBytes: number, pieceBytes: number): number => Math.ceil(sizeBytes / pieceBytes);

export class PieceMap {
  readonly count: number;
  readonly #handle: PieceMapHandle;
  readonly #marks: Uint8Array;

  constructor(handle: PieceMapHandle) {
    this.#handle = handle;
    this.#marks = new Uint8Array(handle.marks);
    this.count = pieceCount(handle.sizeBytes, handle.pieceBytes);
  }

  isHeld(piece: number): boolean {
    return Atomics.load(this.#marks, piece) !== 0;
  }

  /** Index into the partial's source table, or undefined for a piece that is not held. */
  sourceOf(piece: number): number | undefined {
    const mark = Atomics.load(this.#marks, piece) & SOURCE_MASK;
    return mark === 0 ? undefined : mark - 1;
  }

  /** Offset and length of a piece; the last one may be short. */
  extent(piece: number): { readonly offset: number; readonly length: number } {
    const { pieceBytes, sizeBytes } = this.#handle;
    const offset = piece * pieceBytes;
    return { offset, length: Math.min(pieceBytes, sizeBytes - offset) };
  }

  /** Call after the last byte of the piece was written to the data file. */
  markHeld(piece: number, sourceIndex: number): void {
    this.#set(piece, sourceIndex + 1);
  }

  drop(piece: number): void {
    this.#set(piece, 0);
  }

  /** Pieces held but not yet synced, to be passed to {@link markSynced} after the data's fdatasync. */
  unsynced(): number[] {
    const pieces: number[] = [];
    for (let piece = 0; piece < this.count; piece++) {
      const mark = Atomics.load(this.#marks, piece);
      if (mark !== 0 && (mark & SYNCED_MARK) === 0) pieces.push(piece);
    }
    return pieces;
  }

  markSynced(pieces: readonly number[]): void {
    for (const piece of pieces) {
      const mark = Atomics.load(this.#marks, piece);
      if (mark !== 0) this.#set(piece, mark | SYNCED_MARK);
    }
  }

  heldBytes(): number {
    let bytes = 0;
    for (let piece = 0; piece < this.count; piece++) if (this.isHeld(piece)) bytes += this.extent(piece).length;
    return bytes;
  }

  /** First piece that is not held, at or after `from`; `count` when all are. */
  firstMissing(from = 0): number {
    let piece = from;
    while (piece < this.count && this.isHeld(piece)) piece++;
    return piece;
  }

  #set(piece: number, mark: number): void {
    Atomics.store(this.#marks, piece, mark);
    writeSync(this.#handle.fd, Uint8Array.of(mark), 0, 1, this.#handle.fileOffset + piece);
  }
}
