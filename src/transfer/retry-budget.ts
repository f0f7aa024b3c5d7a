/** How often a source is tried again by one file: tries without progress count, progress clears them. */
import type { Random } from '../domain/world.ts';
import { backoffDelayMs } from '../util/retry.ts';

export interface TransferRetry {
  /** Tries in a row without any progress, the first included, before a source is given up. */
  readonly attempts: number;
  /** Each upper end of a delay is so many times the one before. */
  readonly backoffFactor: number;
  /** Upper end of the first delay. Default 500 ms. */
  readonly baseDelayMs?: number;
}

const BASE_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;
/** A longer Retry-After is taken as a refusal: another source may be quicker. */
const RETRY_AFTER_CAP_MS = 60_000;

export class RetryBudget {
  readonly #policy: TransferRetry;
  readonly #random: Random;
  #failures = 0;

  constructor(policy: TransferRetry, random: Random) {
    this.#policy = policy;
    this.#random = random;
  }

  /** In a row, without progress. */
  get failures(): number {
    return this.#failures;
  }

  progressed(): void {
    this.#failures = 0;
  }

  /** @returns milliseconds to wait before the next try, or undefined when the source is used up */
  failed(retryAfterMs = 0): number | undefined {
    this.#failures++;
    if (this.#failures >= Math.max(1, this.#policy.attempts) || retryAfterMs > RETRY_AFTER_CAP_MS) return undefined;
    const backoff = { baseMs: this.#policy.baseDelayMs ?? BASE_DELAY_MS, factor: this.#policy.backoffFactor, maxMs: MAX_DELAY_MS };
    return Math.round(retryAfterMs + backoffDelayMs(this.#failures, backoff, this.#random));
  }
}
