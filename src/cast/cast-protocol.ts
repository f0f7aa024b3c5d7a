/** What the main thread and a cast thread tell each other: one job at a time a thread. */
import type { CastOrder, CastOutcome } from './cast-file.ts';

export interface CastJob {
  readonly order: CastOrder;
  /** Shared: see {@link JobCell}. */
  readonly cell: SharedArrayBuffer;
}

/** An error does not survive the way between threads with its code. */
export interface CastFault {
  readonly message: string;
  readonly errno?: string;
}

export type CastAnswer = { readonly outcome: CastOutcome } | { readonly fault: CastFault };

/** The bytes written so far, and whether to stop: seen by both threads at once. */
export class JobCell {
  readonly buffer: SharedArrayBuffer;
  readonly #words: BigInt64Array;

  constructor(buffer = new SharedArrayBuffer(16)) {
    this.buffer = buffer;
    this.#words = new BigInt64Array(buffer);
  }

  get doneBytes(): number {
    return Number(Atomics.load(this.#words, 0));
  }

  set doneBytes(bytes: number) {
    Atomics.store(this.#words, 0, BigInt(bytes));
  }

  get isStopped(): boolean {
    return Atomics.load(this.#words, 1) !== 0n;
  }

  stop(): void {
    Atomics.store(this.#words, 1, 1n);
  }
}
