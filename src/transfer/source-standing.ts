/** What one source has shown of itself while it worked on one file, and whether it is asked again. */
import type { ModelError } from '../domain/errors.ts';
import { RANGE_IGNORED } from './answer-acceptance.ts';
import type { EndedEarly, SourceRunOptions } from './source-run-options.ts';
import type { SourceTries } from './source-tries.ts';

export interface SourceStandingOptions extends Pick<SourceRunOptions, 'state' | 'source' | 'scheduler' | 'traffic' | 'onAttempt'> {
  readonly tries: SourceTries;
}

export class SourceStanding {
  /** It fell silent, and has given no piece since. */
  wasSilent = false;
  /** Its work was taken over by a quicker source. */
  isLaggard = false;
  /** Indices of states of the source that it was seen to leave. */
  readonly distrusted = new Set<number>();
  readonly #o: SourceStandingOptions;
  readonly #label: string;
  #helped = false;
  #ended: EndedEarly | undefined;

  constructor(options: SourceStandingOptions) {
    this.#o = options;
    this.#label = options.source.backend.label;
  }

  /** Set once it is not asked any more. */
  get ended(): EndedEarly | undefined {
    return this.#ended;
  }

  /** A piece of it is held. */
  helped(): void {
    this.#helped = true;
    this.wasSilent = false;
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
