/** What all parts of one file's transfer share on the main thread. */
import { ModelError } from '../domain/errors.ts';
import { PieceMap } from '../store/piece-map.ts';
import type { ActiveRange } from './active-range.ts';
import { comingBytes } from './coming-bytes.ts';
import { FrontierCell } from './frontier-cell.ts';
import type { Lane } from './lane.ts';
import type { SharedFile } from './lane-protocol.ts';
import type { TransferFile } from './transfer.ts';

/** Written bytes between two syncs of a file. */
const SYNC_EVERY_BYTES = 64 * 1024 * 1024;

/** The begun part of a piece, left by a range that ended inside it. */
export interface Fragment {
  readonly end: number;
  readonly sourceIndex: number;
}

export interface FileStateOptions {
  readonly fileId: number;
  readonly hashLane: Lane;
  readonly isJoint: boolean;
  readonly signal: AbortSignal;
}

export class FileState {
  readonly file: TransferFile;
  readonly shared: SharedFile;
  readonly pieces: PieceMap;
  readonly cell = new FrontierCell();
  readonly claims: Int32Array;
  /** All that run, of all sources: nobody else is to begin what one of them will do. */
  readonly ranges = new Set<ActiveRange>();
  /** By piece. Good only for the source that they came from. */
  readonly fragments = new Map<number, Fragment>();
  /** The table of the partial may hold labels cut short. */
  readonly #labels = new Map<number, string>();
  /** Pieces that were held before this transfer began: nobody here has seen their bytes come. */
  readonly resumed = new Set<number>();
  readonly hashLane: Lane;
  /** Hashed beside other files: see joint-plan.ts. */
  readonly isJoint: boolean;
  heldBytes: number;
  fetchedBytes = 0;
  /** By label of the source: in all, and since they were last told of. */
  readonly #received = new Map<string, number>();
  readonly #untold = new Map<string, number>();
  #comingBytes = 0;
  #unsyncedBytes = 0;
  #syncing: Promise<void> | undefined;
  readonly #fatal = new AbortController();
  readonly signal: AbortSignal;

  constructor(file: TransferFile, options: FileStateOptions) {
    const { pieces, fd } = file.partial;
    this.file = file;
    this.pieces = new PieceMap(pieces);
    const claims = new SharedArrayBuffer(Math.max(4, 4 * this.pieces.count));
    this.claims = new Int32Array(claims);
    this.shared = { fileId: options.fileId, fd, pieces, claims, frontier: this.cell.buffer };
    this.hashLane = options.hashLane;
    this.isJoint = options.isJoint;
    this.heldBytes = this.pieces.heldBytes();
    this.signal = AbortSignal.any([file.signal, options.signal, this.#fatal.signal]);
    for (let piece = 0; piece < this.pieces.count; piece++) if (this.pieces.isHeld(piece)) this.resumed.add(piece);
  }

  get unhashedBytes(): number {
    return this.file.partial.sizeBytes - this.cell.offset;
  }

  get isComplete(): boolean {
    return this.heldBytes >= this.file.partial.sizeBytes;
  }

  /** @throws ModelError of the file system */
  sourceIndex(label: string, validator: string | undefined): number {
    const index = this.file.partial.sourceIndex(label, validator);
    this.#labels.set(index, label);
    return index;
  }

  labelOf(index: number): string {
    return this.#labels.get(index) ?? this.file.partial.sources[index] ?? '';
  }

  /** Ends the transfer whatever the sources could still give: the disk failed, or a thread. */
  fail(error: ModelError): void {
    this.#fatal.abort(error);
  }

  held(piece: number): void {
    const { length } = this.pieces.extent(piece);
    this.heldBytes += length;
    this.fragments.delete(piece);
    this.#unsyncedBytes += length;
    this.tellComing();
    this.file.onHeld(length);
    if (this.#unsyncedBytes >= SYNC_EVERY_BYTES) this.#sync();
  }

  /** All bytes have come at once, from one source. Only while no range runs. @param fetchedBytes how many of them count as fetched */
  adoptAll(sourceIndex: number, fetchedBytes: number): void {
    this.fragments.clear();
    this.rewindHash(0);
    for (let piece = 0; piece < this.pieces.count; piece++) {
      this.pieces.markHeld(piece, sourceIndex);
      this.held(piece);
    }
    this.received(this.labelOf(sourceIndex), fetchedBytes);
    this.hashLane.post({ type: 'hash.advance', fileId: this.shared.fileId });
  }

  /** Bytes that came over a backend, whatever becomes of them. */
  received(label: string, bytes: number): void {
    if (bytes === 0) return;
    this.fetchedBytes += bytes;
    for (const sums of [this.#received, this.#untold]) sums.set(label, (sums.get(label) ?? 0) + bytes);
  }

  receivedFrom(label: string): number {
    return this.#received.get(label) ?? 0;
  }

  tellReceived(): void {
    const { name: file, emit } = this.file;
    for (const [source, bytes] of this.#untold) emit({ type: 'file.received', file, source, bytes });
    this.#untold.clear();
  }

  /** Of pieces that are not whole yet. @param bytes after the last range: none */
  tellComing(bytes = comingBytes(this)): void {
    const delta = bytes - this.#comingBytes;
    this.#comingBytes = bytes;
    if (delta !== 0) this.file.onComing?.(delta);
  }

  /** Forgets pieces; the hash goes back to before the first of them. Only while no range runs on them. */
  async drop(wanted: (piece: number, sourceIndex: number) => boolean): Promise<void> {
    await this.#syncing;
    let bytes = 0;
    let first: number | undefined;
    for (let piece = 0; piece < this.pieces.count; piece++) {
      const source = this.pieces.sourceOf(piece);
      if (source === undefined || !wanted(piece, source)) continue;
      this.pieces.drop(piece);
      this.resumed.delete(piece);
      bytes += this.pieces.extent(piece).length;
      first ??= this.pieces.extent(piece).offset;
    }
    if (first === undefined) return;
    this.heldBytes -= bytes;
    this.file.onHeld(-bytes);
    this.rewindHash(first);
  }

  /** Call before bytes from `offset` on are written anew. */
  rewindHash(offset: number): void {
    if (this.cell.offset <= offset) return;
    this.cell.rewind(offset);
    this.hashLane.post({ type: 'hash.advance', fileId: this.shared.fileId });
  }

  /** Indices of the sources whose bytes are held. */
  suppliers(): Set<number> {
    const suppliers = new Set<number>();
    for (let piece = 0; piece < this.pieces.count; piece++) {
      const source = this.pieces.sourceOf(piece);
      if (source !== undefined) suppliers.add(source);
    }
    return suppliers;
  }

  /** Resolves when no sync runs any more; the caller may close the partial then. */
  async settled(): Promise<void> {
    await this.#syncing;
  }

  #sync(): void {
    if (this.#syncing !== undefined) return;
    this.#unsyncedBytes = 0;
    this.#syncing = this.file.partial
      .sync()
      .catch((error: unknown) =>
        this.fail(error instanceof ModelError ? error : new ModelError('INTERNAL', String(error), { cause: error })),
      )
      .finally(() => {
        this.#syncing = undefined;
      });
  }
}
