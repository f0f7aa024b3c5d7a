/** How many bytes a set of models takes, each digest once, while models leave it and come back. */
import type { ScannedFile } from '../../store/scan-store.ts';

/** A model, here or in the trash. */
export interface Holder {
  /** Each digest once. */
  readonly files: readonly ScannedFile[];
  /** Beside them: its own copies, on a volume where a second name costs one. */
  readonly ownBytes: number;
}

export class UniqueBytes {
  readonly #users = new Map<string, number>();
  #totalBytes = 0;

  /** @param held digests that somebody else holds: whichever models leave, they stay */
  constructor(holders: readonly Holder[], held: ReadonlySet<string> = new Set()) {
    for (const holder of holders) this.add(holder);
    for (const [sha256, users] of this.#users) if (held.has(sha256)) this.#users.set(sha256, users + 1);
  }

  get totalBytes(): number {
    return this.#totalBytes;
  }

  add({ files, ownBytes }: Holder): void {
    this.#totalBytes += ownBytes;
    for (const { sha256, sizeBytes } of files) {
      const users = this.#users.get(sha256) ?? 0;
      if (users === 0) this.#totalBytes += sizeBytes;
      this.#users.set(sha256, users + 1);
    }
  }

  /** @returns the bytes that nobody else counts on */
  remove({ files, ownBytes }: Holder): number {
    const before = this.#totalBytes;
    this.#totalBytes -= ownBytes;
    for (const { sha256, sizeBytes } of files) {
      const users = (this.#users.get(sha256) ?? 0) - 1;
      if (users === 0) this.#totalBytes -= sizeBytes;
      this.#users.set(sha256, users);
    }
    return before - this.#totalBytes;
  }

  /** Bytes of one of them that no other counts on. */
  aloneIn({ files, ownBytes }: Holder): number {
    return files.reduce((sum, { sha256, sizeBytes }) => sum + (this.#users.get(sha256) === 1 ? sizeBytes : 0), ownBytes);
  }
}
