/**
 * Whether another thread goes on. It beats as long as its own event loop turns and the process's pool of threads, which its calls of the file
 * system go through, gives answers; whoever listens counts its own ticks, so that a process that stood still as a whole blames nobody.
 */
import { stat } from 'node:fs/promises';

const BEAT_MS = 100;

export const newPulse = (): SharedArrayBuffer => new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);

/** @returns what ends it */
export function beat(pulse: SharedArrayBuffer): () => void {
  const cell = new Int32Array(pulse);
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const next = async (): Promise<void> => {
    // Of the machine's own disk: the thread of the pool is what is asked for.
    await stat('/').catch(() => undefined);
    Atomics.add(cell, 0, 1);
    if (!isOver) timer = setTimeout(() => void next(), BEAT_MS).unref();
  };
  void next();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

export class PulseWatch {
  readonly #cell: Int32Array;
  readonly #timer: NodeJS.Timeout;
  #last = 0;
  #missed = 0;

  /** @param onTick told each time it has listened */
  constructor(pulse: SharedArrayBuffer, onTick: () => void) {
    this.#cell = new Int32Array(pulse);
    this.#timer = setInterval(() => {
      const now = Atomics.load(this.#cell, 0);
      this.#missed = now === this.#last ? this.#missed + 1 : 0;
      this.#last = now;
      onTick();
    }, BEAT_MS).unref();
  }

  /** For how long nothing was heard. */
  get silentMs(): number {
    return this.#missed * BEAT_MS;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
