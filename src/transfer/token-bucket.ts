/**
 * One bandwidth limit for all threads: a virtual clock in shared memory says when the next byte is due (GCRA). Whoever
 * has taken bytes waits until that moment, so the sum over all threads keeps the rate without any of them being told.
 */

const RATE = 0;
const DUE_US = 1;
/** How far the clock may lag behind now: the burst after a quiet time. */
const BURST_US = 50_000n;
/** A longer wait is made of steps, so that a change of the rate is felt at once. */
const MAX_STEP_MS = 200;

const monotonicUs = (): bigint => process.hrtime.bigint() / 1000n;

export class TokenBucket {
  readonly buffer: SharedArrayBuffer;
  readonly #cells: BigInt64Array;
  readonly #nowUs: () => bigint;

  /** @param nowUs a clock that is the same in every thread */
  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(16), nowUs: () => bigint = monotonicUs) {
    this.buffer = buffer;
    this.#cells = new BigInt64Array(buffer);
    this.#nowUs = nowUs;
  }

  /** 0: no limit. */
  get bytesPerSecond(): number {
    return Number(Atomics.load(this.#cells, RATE));
  }

  /** Takes effect at once, for bytes already taken too. */
  setRate(bytesPerSecond: number): void {
    Atomics.store(this.#cells, RATE, BigInt(Math.max(0, Math.floor(bytesPerSecond))));
    Atomics.store(this.#cells, DUE_US, this.#nowUs());
  }

  /** Accounts for bytes that were just received; then wait for {@link waitMs}. */
  take(bytes: number): void {
    const rate = Atomics.load(this.#cells, RATE);
    if (rate === 0n) return;
    const costUs = (BigInt(bytes) * 1_000_000n) / rate;
    for (;;) {
      const due = Atomics.load(this.#cells, DUE_US);
      const earliest = this.#nowUs() - BURST_US;
      const next = (due > earliest ? due : earliest) + costUs;
      if (Atomics.compareExchange(this.#cells, DUE_US, due, next) === due) return;
    }
  }

  /** Milliseconds to wait before asking again; 0 when bytes may flow. */
  waitMs(): number {
    if (Atomics.load(this.#cells, RATE) === 0n) return 0;
    const aheadMs = Number(Atomics.load(this.#cells, DUE_US) - this.#nowUs()) / 1000;
    return Math.min(MAX_STEP_MS, Math.max(0, aheadMs));
  }

  /** A read size at which the limit is kept smoothly: about a twentieth of a second of bytes. */
  readBytes(maxBytes: number): number {
    const rate = this.bytesPerSecond;
    return rate === 0 ? maxBytes : Math.min(maxBytes, Math.max(1024, Math.floor(rate / 20)));
  }
}
