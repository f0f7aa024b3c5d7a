/** What an ensure has fetched so far, from its own events: told also where it fails. */
import type { Emit, EventBody } from '../domain/events.ts';

export interface FetchFacts {
  /** That sources sent, whatever became of them. */
  readonly fetchedBytes: number;
  /** Files that were fetched to their end. */
  readonly fetchedFiles: number;
  /** Redacted, in the order in which they were first met. */
  readonly sources: readonly string[];
}

export class FetchTally {
  readonly #sources = new Set<string>();
  #bytes = 0;
  #files = 0;

  get facts(): FetchFacts {
    return { fetchedBytes: this.#bytes, fetchedFiles: this.#files, sources: [...this.#sources] };
  }

  /** All that goes through is passed on. */
  readonly around =
    (emit: Emit): Emit =>
    (body) => {
      this.#take(body);
      emit(body);
    };

  #take(body: EventBody): void {
    if (body.type === 'file.finished' && body.fetchedBytes > 0) this.#files += 1;
    if (body.type !== 'file.received' || body.bytes === 0) return;
    this.#bytes += body.bytes;
    this.#sources.add(body.source);
  }
}
