/**
 * Puts a stream of bytes where it belongs in the partial. Every piece is claimed before its first byte is written and
 * marked once it is whole, so that no piece ever mixes the bytes of two ranges.
 */
import { PieceMap } from '../store/piece-map.ts';
import { writeWhole } from '../util/write-whole.ts';
import type { FileHash } from './frontier-hash.ts';
import type { SharedFile } from './lane-protocol.ts';

/** Writing the partial failed; the message and errno are the system's. */
export class DiskFault extends Error {
  override readonly name = 'DiskFault';
}

export interface PieceWriterOptions {
  readonly file: SharedFile;
  readonly rangeId: number;
  /** Offset of the first byte of the stream. Inside a piece: the bytes before it are there, from the same source. */
  readonly offset: number;
  readonly end: number;
  readonly sourceIndex: number;
  /** Pass over pieces that are held or claimed by others instead of ending there: the stream is the whole file. */
  readonly passOver: boolean;
  /** The file's hash, where this lane owns it. */
  readonly hash: FileHash | undefined;
  readonly onHeld: (piece: number) => void;
}

const NONE = -1;

export class PieceWriter {
  readonly #options: PieceWriterOptions;
  readonly #pieces: PieceMap;
  readonly #claims: Int32Array;
  #position: number;
  #owned = NONE;
  #passing = NONE;
  #isOver = false;

  constructor(options: PieceWriterOptions) {
    this.#options = options;
    this.#pieces = new PieceMap(options.file.pieces);
    this.#claims = new Int32Array(options.file.claims);
    this.#position = options.offset;
  }

  get position(): number {
    return this.#position;
  }

  /** @returns whether the stream has more to give: false at the extent's end, or where another range has taken over, and from then on */
  write(chunk: Uint8Array): boolean {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#isOver || this.#position >= this.#options.end) return false;
      const piece = Math.floor(this.#position / this.#options.file.pieces.pieceBytes);
      if (piece !== this.#owned && piece !== this.#passing && !this.#enter(piece)) return false;
      const extent = this.#pieces.extent(piece);
      const length = Math.min(rest.length, extent.offset + extent.length - this.#position);
      this.#put(rest.subarray(0, length), piece);
      rest = rest.subarray(length);
    }
    return this.#position < this.#options.end;
  }

  /** Gives back the piece that was begun. */
  release(): void {
    if (this.#owned !== NONE) Atomics.store(this.#claims, this.#owned, 0);
    this.#owned = NONE;
  }

  #enter(piece: number): boolean {
    const { rangeId, passOver } = this.#options;
    const holder = Atomics.compareExchange(this.#claims, piece, 0, rangeId);
    const claimed = holder === 0 || holder === rangeId;
    if (claimed && !this.#pieces.isHeld(piece)) {
      this.#owned = piece;
      return true;
    }
    if (claimed) Atomics.store(this.#claims, piece, 0);
    if (passOver) this.#passing = piece;
    // The bytes of the stream that follow do not belong where it stopped.
    this.#isOver = !passOver;
    return passOver;
  }

  #put(bytes: Uint8Array, piece: number): void {
    const offset = this.#position;
    this.#position += bytes.length;
    if (piece !== this.#owned) return;
    this.#write(bytes, offset);
    this.#options.hash?.offer(bytes, offset);
    const extent = this.#pieces.extent(piece);
    if (this.#position === extent.offset + extent.length) this.#complete(piece);
  }

  #write(bytes: Uint8Array, offset: number): void {
    try {
      writeWhole(this.#options.file.fd, bytes, offset);
    } catch (error) {
      throw new DiskFault('write the partial', { cause: error });
    }
  }

  #complete(piece: number): void {
    try {
      this.#pieces.markHeld(piece, this.#options.sourceIndex);
    } catch (error) {
      throw new DiskFault('write the piece map', { cause: error });
    }
    this.release();
    this.#options.hash?.advance();
    this.#options.onHeld(piece);
  }
}
