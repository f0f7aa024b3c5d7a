/** Bytes that are read only to know their digest, told as they come. */
import type { Emit } from '../domain/events.ts';
import type { Clock } from '../domain/world.ts';

const INTERVAL_MS = 100;

export class ReadMeter {
  readonly #clock: Clock;
  readonly #emit: Emit;
  #doneBytes = 0;
  #totalBytes = 0;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, emit: Emit) {
    this.#clock = clock;
    this.#emit = emit;
  }

  /** Before the first of them is read. */
  expect(bytes: number): void {
    this.#totalBytes += bytes;
  }

  read(bytes: number): void {
    this.#doneBytes += bytes;
    const now = this.#clock.monotonic();
    if (now - this.#toldMs < INTERVAL_MS) return;
    this.#toldMs = now;
    this.#emit({ type: 'lock.progress', doneBytes: this.#doneBytes, totalBytes: this.#totalBytes });
  }
}
