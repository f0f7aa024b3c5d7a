/** What a transfer asks about hosts, and about other processes at work on the same root; limits/ answers. */
import type { ModelError } from './errors.ts';
import type { Emit } from './events.ts';

/** One file at one source, as far as traffic is concerned. */
export interface AskedSource {
  readonly backend: { readonly label: string; readonly host?: string };
  readonly path: string;
}

/** A try that has failed. */
export interface SourceFailure {
  readonly error: ModelError;
  /** Whether it was the last one: the file is asked for elsewhere, or given up. */
  readonly isFinal: boolean;
}

export interface TrafficEntry {
  /** Path inside the model. */
  readonly file: string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

export interface TrafficControl {
  /**
   * Waits for one of the places for files in transfer that all processes of a root share.
   * @returns gives the place back
   * @throws ModelError CANCELLED, or the signal's own
   */
  enter(entry: TrafficEntry): Promise<() => void>;
  /**
   * The same sources: those that are remembered not to have the file, or whose host fails again and again, come last. None is
   * ever left out, so a wrong memory costs a worse source, never a file.
   * @param options.fresh what is remembered of the file does not count
   */
  order<Source extends AskedSource>(sources: readonly Source[], options: { readonly fresh: boolean }): readonly Source[];
  /** Whether a host asked us, or another process, for patience that has not ended. Never for longer than a minute. */
  isPaused(host: string): boolean;
  failed(source: AskedSource, failure: SourceFailure): void;
  /** A source gave bytes; cheap to call often. */
  served(source: AskedSource): void;
}
