/** Bytes of one model as they come to be held. Invariant: done never goes down; what must be fetched again raises the total. */
import type { Emit } from '../domain/events.ts';
import type { Clock } from '../domain/world.ts';
import type { Progress } from './api.ts';

const INTERVAL_MS = 100;
/** Time in which the shown rate forgets half of what it knew. */
const HALF_LIFE_MS = 2000;

export interface ProgressMeterOptions {
  readonly clock: Clock;
  readonly emit: Emit;
  readonly onProgress?: (progress: Progress) => void;
}

export class ProgressMeter {
  readonly #options: ProgressMeterOptions;
  #held = 0;
  #found = 0;
  #foreseen = 0;
  #coming = 0;
  #total = 0;
  #rate = 0;
  #moved = 0;
  #lastMs: number;
  #movedTotal = 0;
  #onMoved: (() => void) | undefined;

  constructor(options: ProgressMeterOptions) {
    this.#options = options;
    this.#lastMs = options.clock.monotonic();
  }

  get progress(): Progress {
    const doneBytes = this.#held + Math.max(this.#found, this.#foreseen);
    const coming = this.#coming > 0 ? { comingBytes: this.#coming } : {};
    return { doneBytes, ...coming, totalBytes: Math.max(this.#total, doneBytes), bytesPerSecond: Math.round(this.#rate) };
  }

  /** Tells the bytes moved since this call, as often as progress is told. Returns what ends it. */
  watchMoved(onMoved: (movedBytes: number) => void): () => void {
    const before = this.#movedTotal;
    this.#onMoved = () => onMoved(this.#movedTotal - before);
    return () => {
      this.#onMoved = undefined;
    };
  }

  expect(bytes: number): void {
    this.#total += bytes;
  }

  /** Bytes that will be found: they count from now on, whenever it is their turn. What is brought anew instead raises the total. */
  foresee(bytes: number): void {
    this.#foreseen += bytes;
  }

  /** Bytes that were here before: no part of the rate. */
  found(bytes: number): void {
    this.#found += bytes;
  }

  /** Negative: bytes proven wrong, to be moved again. */
  held(deltaBytes: number): void {
    if (deltaBytes < 0) {
      this.#total -= deltaBytes;
      return;
    }
    this.#held += deltaBytes;
    this.#moved += deltaBytes;
    this.#movedTotal += deltaBytes;
    this.tell();
  }

  /** Negative: they are held now, which is told next, or were in vain. */
  coming(deltaBytes: number): void {
    this.#coming += deltaBytes;
    this.#moved += deltaBytes;
    if (deltaBytes > 0) this.tell();
  }

  tell(force = false): void {
    const now = this.#options.clock.monotonic();
    const elapsedMs = now - this.#lastMs;
    if (elapsedMs < INTERVAL_MS && !force) return;
    if (elapsedMs > 0) this.#updateRate(elapsedMs);
    this.#lastMs = now;
    this.#onMoved?.();
    const { progress } = this;
    this.#options.emit({ type: 'ensure.progress', ...progress });
    this.#options.onProgress?.(progress);
  }

  #updateRate(elapsedMs: number): void {
    const keep = 0.5 ** (elapsedMs / HALF_LIFE_MS);
    this.#rate = this.#rate * keep + (Math.max(0, this.#moved) / elapsedMs) * 1000 * (1 - keep);
    this.#moved = 0;
  }
}
