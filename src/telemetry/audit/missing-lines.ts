/** Numbers of lines that should have come by now, and have not. */
import type { Place } from './read-log.ts';

export interface Gap {
  readonly from: number;
  readonly to: number;
  /** The line before which they should stand. */
  readonly before: Place;
}

export class MissingLines {
  #gaps: readonly Gap[] = [];

  get gaps(): readonly Gap[] {
    return this.#gaps;
  }

  add(gap: Gap): void {
    if (gap.from <= gap.to) this.#gaps = [...this.#gaps, gap];
  }

  /** It stands elsewhere. */
  found(seq: number): void {
    this.#gaps = this.#gaps.flatMap((gap) => {
      if (seq < gap.from || seq > gap.to) return [gap];
      return [
        { ...gap, to: seq - 1 },
        { ...gap, from: seq + 1 },
      ].filter(({ from, to }) => from <= to);
    });
  }
}
