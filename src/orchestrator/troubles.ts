import type { Emit } from '../domain/events.ts';
import { type SourceTrouble, withTrouble } from '../domain/source-trouble.ts';

/** Sources that failed in a run, as its events tell. */
export class Troubles {
  #list: readonly SourceTrouble[] = [];

  get list(): readonly SourceTrouble[] {
    return this.#list;
  }

  /** Passes everything on, and keeps book. */
  listening(emit: Emit): Emit {
    return (event) => {
      if (event.type === 'source.failed') this.#list = withTrouble(this.#list, event.source, event.error);
      emit(event);
    };
  }
}
