/** What has gone wrong with one source for one file, and whether it is asked again. */
import type { ModelError } from '../domain/errors.ts';
import type { Random } from '../domain/world.ts';
import { RetryBudget, type TransferRetry } from './retry-budget.ts';

/** Bytes kept since the last failure that make a try count as progress. */
const PROGRESS_BYTES = 64 * 1024;

export interface SourceTriesOptions {
  readonly retry: TransferRetry;
  readonly random: Random;
  readonly monotonicMs: () => number;
  /** Whether another source could take over: then one that says nothing at all is not waited for. */
  readonly hasAlternative: boolean;
  /** Called when a wait is over. */
  readonly wake: () => void;
}

/** `together`: ranges that fail at the same time are one failed try. */
export type AfterFailure =
  | { readonly kind: 'retry'; readonly attempt: number; readonly delayMs: number }
  | { readonly kind: 'together' | 'given-up' };

export class SourceTries {
  readonly #options: SourceTriesOptions;
  readonly #budget: RetryBudget;
  #receivedAtFailure = 0;
  #notBeforeMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SourceTriesOptions) {
    this.#options = options;
    this.#budget = new RetryBudget(options.retry, options.random);
  }

  get isWaiting(): boolean {
    return this.#options.monotonicMs() < this.#notBeforeMs;
  }

  progressed(): void {
    this.#budget.progressed();
  }

  /** @param receivedBytes all bytes that the source gave so far */
  failed(error: ModelError, receivedBytes: number): AfterFailure {
    if (!error.retryable) return { kind: 'given-up' };
    if (this.isWaiting) return { kind: 'together' };
    if (receivedBytes - this.#receivedAtFailure >= PROGRESS_BYTES) this.#budget.progressed();
    this.#receivedAtFailure = receivedBytes;
    const isHopeless = this.#options.hasAlternative && error.reason === 'stalled' && receivedBytes === 0;
    const delayMs = isHopeless ? undefined : this.#budget.failed(retryAfterMs(error));
    if (delayMs === undefined) return { kind: 'given-up' };
    this.#wait(delayMs);
    return { kind: 'retry', attempt: this.#budget.failures, delayMs };
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(delayMs: number): void {
    this.#notBeforeMs = this.#options.monotonicMs() + delayMs;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#options.wake, delayMs + 1);
  }
}

function retryAfterMs(error: ModelError): number | undefined {
  const { retry_after_ms: value } = error.details;
  return typeof value === 'number' ? value : undefined;
}
