/**
 * Whether a range still moves. Time spent waiting for our own bandwidth limit does not count. Pure: samples in, verdict out.
 */

export interface WatchdogOptions {
  /** No byte for so long: stalled. Also the window over which a range must do a little of what it did before. */
  readonly stallTimeoutMs: number;
}

export interface RangeSample {
  readonly ms: number;
  readonly receivedBytes: number;
  readonly pausedMs: number;
}

export type Verdict = 'moving' | 'stalled' | 'slow';

/** Slower than this in a whole window is a drip, whatever the range did before. */
const FLOOR_BYTES_PER_SECOND = 256;
/** Of the range's own median rate. */
const MEDIAN_SHARE = 0.02;
const KEPT_RATES = 32;
const MAX_STEP_MS = 250;
const SMOOTH_MS = 1500;

export class RangeWatchdog {
  readonly #stallTimeoutMs: number;
  #rates: number[] = [];
  #last: RangeSample;
  #idleMs = 0;
  #windowMs = 0;
  #windowBytes = 0;
  #recentRate: number | undefined;

  constructor(options: WatchdogOptions, start: RangeSample) {
    this.#stallTimeoutMs = options.stallTimeoutMs;
    this.#last = start;
  }

  /** Milliseconds without a byte, gaps and pauses of our own left out. */
  get idleMs(): number {
    return this.#idleMs;
  }

  /** Of late: halves within about a second. 0 before the first byte. */
  get bytesPerSecond(): number {
    return this.#recentRate ?? 0;
  }

  /** Call a few times a second. */
  check(sample: RangeSample): Verdict {
    // A gap is our own: this thread was busy, or the machine asleep.
    const ms = Math.min(MAX_STEP_MS, sample.ms - this.#last.ms);
    const bytes = sample.receivedBytes - this.#last.receivedBytes;
    const paused = sample.pausedMs > this.#last.pausedMs;
    this.#last = sample;
    if (paused) return this.#excuse();
    this.#idleMs = bytes > 0 ? 0 : this.#idleMs + ms;
    this.#smooth(bytes, ms);
    this.#windowMs += ms;
    this.#windowBytes += bytes;
    if (this.#idleMs >= this.#stallTimeoutMs) return 'stalled';
    return this.#windowMs >= this.#stallTimeoutMs ? this.#judgeWindow() : 'moving';
  }

  #smooth(bytes: number, ms: number): void {
    if (ms <= 0 || (this.#recentRate === undefined && bytes === 0)) return;
    const weight = Math.min(1, ms / SMOOTH_MS);
    const rate = (bytes * 1000) / ms;
    this.#recentRate = (this.#recentRate ?? rate) * (1 - weight) + rate * weight;
  }

  #excuse(): Verdict {
    this.#idleMs = 0;
    this.#windowMs = 0;
    this.#windowBytes = 0;
    return 'moving';
  }

  #judgeWindow(): Verdict {
    const rate = (this.#windowBytes * 1000) / this.#windowMs;
    const least = Math.max(FLOOR_BYTES_PER_SECOND, median(this.#rates) * MEDIAN_SHARE);
    this.#rates = [...this.#rates, rate].slice(-KEPT_RATES);
    this.#windowMs = 0;
    this.#windowBytes = 0;
    return rate < least ? 'slow' : 'moving';
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
