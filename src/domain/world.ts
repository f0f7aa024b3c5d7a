/** The injected world: what the real code asks of time and chance, so that a test can steer both. */

export interface Clock {
  /** Wall clock, milliseconds since the epoch. Only for what people read. */
  now(): number;
  /** Milliseconds that never go backwards. For every duration and deadline. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
  /** A float in [0, 1). */
  next(): number;
  uuid(): string;
}
