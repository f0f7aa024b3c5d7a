/** Files that are still to be hashed: which ones a thread that is free takes next, one alone or several side by side. */
import { LANES } from '../util/sha256/sha256-layout.ts';
import { sum } from '../util/sum.ts';
import { countTogether } from './joint-plan.ts';

/** A file, whatever else it is. */
export interface QueuedFile {
  readonly sizeBytes: number;
  doneBytes(): number;
}

export interface HashQueueOptions {
  readonly threads: number;
  /** Whether files may be hashed side by side at all; asked only where it would pay. */
  readonly mayJoin: () => boolean;
}

export class HashQueue<File extends QueuedFile> {
  readonly #options: HashQueueOptions;
  readonly #files: readonly File[];
  /** Of the first that waits. What is taken stays where it is: to shift what is left costs seconds for a hundred thousand files. */
  #next = 0;
  readonly #atWork = new Set<File>();
  #waitingBytes: number;

  constructor(files: readonly File[], options: HashQueueOptions) {
    this.#options = options;
    this.#files = files;
    this.#waitingBytes = sum(files.map(({ sizeBytes }) => sizeBytes));
  }

  /** In order; none where all are taken. */
  take(): File[] {
    const { threads, mayJoin } = this.#options;
    const waiting = this.#files.slice(this.#next, this.#next + LANES);
    const count = countTogether({ waiting, unfinishedBytes: this.#unfinishedBytes(), threads });
    const taken = waiting.slice(0, count > 1 && !mayJoin() ? 1 : count);
    this.#next += taken.length;
    for (const file of taken) {
      this.#atWork.add(file);
      this.#waitingBytes -= file.sizeBytes;
    }
    return taken;
  }

  settle(file: File): void {
    this.#atWork.delete(file);
  }

  #unfinishedBytes(): number {
    return this.#waitingBytes + sum([...this.#atWork].map((file) => Math.max(0, file.sizeBytes - file.doneBytes())));
  }
}
