/** A partial while its one writer works on it. */
import { closeSync, fchmod, fdatasync, fsync, fsyncSync } from 'node:fs';
import { promisify } from 'node:util';
import type { ModelError } from '../domain/errors.ts';
import { fsError } from '../domain/fs-error.ts';
import type { LockedFile } from '../locks/locked-file.ts';
import { writeWhole } from '../util/write-whole.ts';
import type { PartialBlob } from './partial-blob.ts';
import { encodeHeader, MAP_HEADER_BYTES, type MapHeader, sourceEntry } from './partial-map.ts';
import { PieceMap, type PieceMapHandle } from './piece-map.ts';

const MAX_SOURCES = 62;
const [syncData, syncAll, setMode] = [promisify(fdatasync), promisify(fsync), promisify(fchmod)];

export interface OpenPartialParts {
  readonly path: string;
  readonly fd: number;
  /** Lock on the map file; its descriptor writes the marks. */
  readonly lock: LockedFile;
  readonly header: MapHeader;
  readonly marks: SharedArrayBuffer;
  /** Removes both files. */
  readonly remove: () => Promise<void>;
}

export class OpenPartial implements PartialBlob {
  readonly path: string;
  readonly fd: number;
  readonly pieces: PieceMapHandle;
  #header: MapHeader;
  readonly #parts: OpenPartialParts;
  #open = true;
  /** Of an fsync: from there on nothing that was not synced before is trusted, whoever asks again. */
  #failure: ModelError | undefined;

  constructor(parts: OpenPartialParts) {
    this.#parts = parts;
    this.#header = parts.header;
    this.path = parts.path;
    this.fd = parts.fd;
    this.pieces = {
      marks: parts.marks,
      fd: parts.lock.fd,
      fileOffset: MAP_HEADER_BYTES,
      pieceBytes: parts.header.piece_bytes,
      sizeBytes: parts.header.size,
    };
  }

  /** One piece is held or not: there is nothing in between to come back to, hence nothing to make durable. */
  get #isResumable(): boolean {
    return this.#parts.marks.byteLength > 1;
  }

  get key(): string {
    return this.#header.key;
  }

  get sizeBytes(): number {
    return this.#header.size;
  }

  get pieceBytes(): number {
    return this.#header.piece_bytes;
  }

  get sources(): readonly string[] {
    return this.#header.sources.map((source) => source.label);
  }

  sourceIndex(label: string, validator?: string): number {
    const entry = sourceEntry(label, validator);
    const known = this.#header.sources.findIndex((source) => source.label === entry.label && source.validator === entry.validator);
    if (known >= 0) return known;
    if (this.#header.sources.length === MAX_SOURCES) return MAX_SOURCES - 1;
    this.#header = { ...this.#header, sources: [...this.#header.sources, entry] };
    this.#writeHeader();
    return this.#header.sources.length - 1;
  }

  validatorOf(index: number): string | undefined {
    return this.#header.sources[index]?.validator;
  }

  /** Makes the whole map durable. Marks before the header: its boot id vouches for them. */
  writeMap(): void {
    if (!this.#isResumable) return;
    this.#writeDurably(new Uint8Array(new Uint8Array(this.#parts.marks)), MAP_HEADER_BYTES);
    this.#writeHeader();
  }

  async sync(): Promise<void> {
    const map = new PieceMap(this.pieces);
    const written = map.unsynced();
    if (written.length === 0) return;
    await this.#synced(() => syncData(this.fd));
    try {
      map.markSynced(written);
    } catch (error) {
      throw fsError(error, `write the map of ${this.path}`);
    }
  }

  async seal(mode: number): Promise<void> {
    await this.#synced(async () => {
      await setMode(this.fd, mode);
      await syncAll(this.fd);
    });
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    // Other threads may have held more since.
    if (this.#failure !== undefined) this.#forgetUnsynced();
    closeSync(this.fd);
    this.#parts.lock.close();
  }

  async discard(): Promise<void> {
    if (!this.#open) return;
    await this.#parts.remove();
    await this.close();
  }

  /**
   * After a failed fsync the kernel may call lost pages clean, those too that were written while it ran, and the next one says that all is well:
   * so there is no next one.
   */
  async #synced(fsyncing: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      await fsyncing();
    } catch (error) {
      this.#failure = fsError(error, `fsync ${this.path}`);
      this.#forgetUnsynced();
      throw this.#failure;
    }
  }

  #forgetUnsynced(): void {
    const map = new PieceMap(this.pieces);
    for (const piece of map.unsynced()) map.drop(piece);
  }

  /** Before the first mark that needs it. */
  #writeHeader(): void {
    if (!this.#isResumable) return;
    this.#writeDurably(encodeHeader(this.#header), 0);
  }

  #writeDurably(bytes: Uint8Array, position: number): void {
    const { fd } = this.#parts.lock;
    try {
      writeWhole(fd, bytes, position);
      fsyncSync(fd);
    } catch (error) {
      throw fsError(error, `write the map of ${this.path}`);
    }
  }
}
