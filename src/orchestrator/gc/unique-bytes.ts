/** How many bytes a set of models takes, each digest once, while models leave it and come back. */
import type { BlobTable } from '../../store/blob-table.ts';
import type { ScannedFiles } from '../../store/scanned-files.ts';

/** A model, here or in the trash. */
export interface Holder {
  readonly files: ScannedFiles;
  /** Beside them: its own copies, on a volume where a second name costs one. */
  readonly ownBytes: number;
}

export class UniqueBytes {
  readonly #blobs: BlobTable;
  /** By the blob's number. */
  readonly #users: Uint32Array;
  #totalBytes = 0;

  /** @param held numbers of blobs that somebody else holds: whichever models leave, they stay */
  constructor(blobs: BlobTable, holders: readonly Holder[], held: ReadonlySet<number> = new Set()) {
    this.#blobs = blobs;
    this.#users = new Uint32Array(blobs.count);
    for (const holder of holders) this.add(holder);
    for (const number of held) {
      const users = this.#usersOf(number);
      if (users > 0) this.#users[number] = users + 1;
    }
  }

  get totalBytes(): number {
    return this.#totalBytes;
  }

  add({ files, ownBytes }: Holder): void {
    this.#totalBytes += ownBytes;
    for (const number of files.blobs) {
      const users = this.#usersOf(number);
      if (users === 0) this.#totalBytes += this.#blobs.sizeOf(number);
      this.#users[number] = users + 1;
    }
  }

  /** @returns the bytes that nobody else counts on */
  remove({ files, ownBytes }: Holder): number {
    const before = this.#totalBytes;
    this.#totalBytes -= ownBytes;
    for (const number of files.blobs) {
      const users = this.#usersOf(number) - 1;
      if (users === 0) this.#totalBytes -= this.#blobs.sizeOf(number);
      this.#users[number] = users;
    }
    return before - this.#totalBytes;
  }

  /** Bytes of one of them that no other counts on. */
  aloneIn({ files, ownBytes }: Holder): number {
    return this.#blobs.sumOf(files.blobs.filter((number) => this.#usersOf(number) === 1)) + ownBytes;
  }

  #usersOf(number: number): number {
    return this.#users[number] ?? 0;
  }
}
