/** Trying again: exponential backoff with full jitter, ended by attempts or by time without progress. */
import type { Clock, Random } from '../domain/world.ts';

export interface Backoff {
  /** Upper end of the first wait. */
  readonly baseMs: number;
  /** Growth of the upper end from one attempt to the next. */
  readonly factor: number;
  /** Highest upper end. */
  readonly maxMs: number;
}

export interface RetryPolicy extends Backoff {
  /** Tries in a row without progress, the first one included. */
  readonly attempts: number;
  /** Time without progress after which no further try begins. */
  readonly budgetMs: number;
  /** A longer wait asked for by the other side is not waited for: the operation fails, so that somebody else is asked. */
  readonly retryAfterCapMs: number;
}

export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  attempts: 4,
  baseMs: 500,
  factor: 2,
  maxMs: 30_000,
  budgetMs: 300_000,
  retryAfterCapMs: 60_000,
};

/** What to make of an error: `false` is final; `afterMs` is the least wait that the other side asked for. */
export type RetryVerdict = false | { readonly afterMs?: number };

export interface RetryNotice {
  /** Number of the try that failed, from 1. */
  readonly attempt: number;
  readonly delayMs: number;
  readonly error: unknown;
}

export interface RetryOptions {
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly judge: (error: unknown) => RetryVerdict;
  readonly onRetry?: (notice: RetryNotice) => void;
}

/** Given to the operation: call `progress` whenever something was won, and both budgets start again. */
export interface Try {
  readonly attempt: number;
  progress(): void;
}

/** Full jitter: uniform between 0 and the exponential upper end. `attempt` counts from 1. */
export function backoffDelayMs(attempt: number, backoff: Backoff, random: Random): number {
  return random.next() * Math.min(backoff.maxMs, backoff.baseMs * backoff.factor ** (attempt - 1));
}

/** The operation's result, or the error of its last try. */
export async function retry<Result>(operation: (attempt: Try) => Promise<Result>, options: RetryOptions): Promise<Result> {
  const { policy, clock, signal } = options;
  let attempt = 0;
  let wonAt = clock.monotonic();
  const progress = () => {
    attempt = 0;
    wonAt = clock.monotonic();
  };
  for (;;) {
    attempt++;
    try {
      return await operation({ attempt, progress });
    } catch (error) {
      const leftMs = wonAt + policy.budgetMs - clock.monotonic();
      // A first try that made progress and then failed has used none of its attempts.
      const delayMs = nextDelayMs({ error, attempt: Math.max(1, attempt), leftMs }, options);
      if (delayMs === undefined || signal.aborted) throw error;
      options.onRetry?.({ attempt: Math.max(1, attempt), delayMs, error });
      await clock.sleep(delayMs, signal);
    }
  }
}

interface FailedTry {
  readonly error: unknown;
  readonly attempt: number;
  readonly leftMs: number;
}

/** Undefined: give up. */
function nextDelayMs({ error, attempt, leftMs }: FailedTry, { policy, random, judge }: RetryOptions): number | undefined {
  const verdict = judge(error);
  if (verdict === false || attempt >= policy.attempts) return undefined;
  const { afterMs = 0 } = verdict;
  if (afterMs > policy.retryAfterCapMs) return undefined;
  const delayMs = Math.round(afterMs + backoffDelayMs(attempt, policy, random));
  return delayMs > leftMs ? undefined : delayMs;
}
