/** What one source has shown of itself while it worked on one file, and whether it is asked again. */
import type { ModelError } from '../domain/errors.ts';
import { RANGE_IGNORED } from './answer-acceptance.ts';
import type { EndedEarly, SourceRunOptions } from './source-run-options.ts';
import type { SourceTries } from './source-tries.ts';
import { stallError } from './stall-error.ts';

export interface SourceStandingOptions extends Pick<SourceRunOptions, 'state' | 'source' | 'scheduler' | 'traffic' | 'onAttempt'> {
  readonly tries: SourceTries;
}

/** For so long a source that fell silent is not asked where another one can do its work; doubles each time. */
const REST_MS = 5000;

interface Silence {
  readonly sinceMs: number;
  readonly longestMs: number;
  readonly restMs: number;
}

export class SourceStanding {
  /** Its work was taken over by a quicker source. */
  isLaggard = false;
  /** Indices of states of the source that it was seen to leave. */
  readonly distrusted = new Set<number>();
  readonly #o: SourceStandingOptions;
  readonly #label: string;
  #helped = false;
  #silence: Silence | undefined;
  #ended: EndedEarly | undefined;

  constructor(options: SourceStandingOptions) {
    this.#o = options;
    this.#label = options.source.backend.label;
  }

  /** Set once it is not asked any more. */
  get ended(): EndedEarly | undefined {
    return this.#ended;
  }

  /** It fell silent, and nothing that it was asked for since has come. */
  get wasSilent(): boolean {
    return this.#silence !== undefined;
  }

  /** It fell silent a moment ago, or one range that shall show whether it is well again is under way. */
  isResting(nowMs: number, ranges: readonly { readonly begunMs: number }[]): boolean {
    if (this.#silence === undefined) return false;
    const { sinceMs, restMs } = this.#silence;
    return nowMs < sinceMs + restMs || ranges.some(({ begunMs }) => begunMs >= sinceMs);
  }

  /** The file is complete without it: one that fell silent is named all the same. */
  nameSilent(): void {
    if (this.#ended === undefined && this.#silence !== undefined) this.leave(stallError(this.#label, 'stalled', this.#silence.longestMs));
  }

  fellSilent({ nowMs, silentMs }: { readonly nowMs: number; readonly silentMs: number }): void {
    const before = this.#silence;
    if (before !== undefined && nowMs < before.sinceMs + before.restMs) {
      this.#silence = { ...before, longestMs: Math.max(silentMs, before.longestMs) };
    } else {
      const restMs = before === undefined ? REST_MS : 2 * before.restMs;
      this.#silence = { sinceMs: nowMs, longestMs: Math.max(silentMs, before?.longestMs ?? 0), restMs };
    }
  }

  /** A piece of it is held, by a range that began then. */
  helped(begunMs: number): void {
    this.#helped = true;
    if (this.#silence !== undefined && begunMs >= this.#silence.sinceMs) this.#silence = undefined;
    this.#o.tries.progressed();
  }

  /** @param receivedBytes all bytes that the source gave so far */
  failed(error: ModelError, receivedBytes: number): void {
    if (error.reason === RANGE_IGNORED) {
      this.leave(error);
      return;
    }
    this.#note(error);
    const { source, scheduler, traffic, tries } = this.#o;
    if (error.code === 'RATE_LIMIT' || error.details.http_status === 503) scheduler.backOff();
    const next = tries.failed(error, receivedBytes);
    traffic?.failed(source, { error, isFinal: next.kind === 'given-up' });
    if (next.kind === 'given-up') this.#ended = { kind: 'failed', error };
    if (next.kind === 'retry') this.#announce(error, next);
  }

  /** Others do its work: no failure that would count against it later. */
  leave(error: ModelError): void {
    this.#note(error);
    this.#ended = { kind: 'set-aside', error, helped: this.#helped };
  }

  #note({ code, message }: ModelError): void {
    this.#o.onAttempt({ source: this.#label, file: this.#o.state.file.name, code, message });
  }

  #announce({ reason, code }: ModelError, next: { readonly attempt: number; readonly delayMs: number }): void {
    const { attempt, delayMs } = next;
    const file = this.#o.source.path;
    this.#o.state.file.emit({ type: 'retry.scheduled', source: this.#label, file, attempt, delayMs, reason: reason ?? code });
  }
}
