/** Adding up what was counted, in bounded room. */
import type { Count } from '../../domain/metrics.ts';

/** Lines of one metric. Labels come from manifests, which bound them; this bounds a history of manifests. */
const MAX_SERIES = 2000;
/** Stands in all labels of what came after. */
const OTHER = 'other';

export class Counts {
  readonly #series = new Map<string, { readonly count: Count; values: number[] }>();
  readonly #sizes = new Map<string, number>();

  get isEmpty(): boolean {
    return this.#series.size === 0;
  }

  add(counts: Iterable<Count>): this {
    for (const count of counts) this.#addOne(count);
    return this;
  }

  /** Sorted, so that the same counts are the same text. */
  all(): Count[] {
    return [...this.#series]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { count, values }]) => ({ metric: count.metric, labels: count.labels, values }));
  }

  #addOne(count: Count): void {
    const known = this.#series.get(keyOf(count));
    if (known !== undefined) {
      known.values = sum(known.values, count.values);
      return;
    }
    const size = this.#sizes.get(count.metric) ?? 0;
    const isOther = count.labels.every((label) => label === OTHER);
    if (size >= MAX_SERIES && !isOther) {
      this.#addOne({ ...count, labels: count.labels.map(() => OTHER) });
      return;
    }
    this.#series.set(keyOf(count), { count, values: [...count.values] });
    this.#sizes.set(count.metric, size + 1);
  }
}

const keyOf = ({ metric, labels }: Count): string => JSON.stringify([metric, ...labels]);

/** Of different lengths where another version counted more: what only one of them has stays. */
function sum(a: readonly number[], b: readonly number[]): number[] {
  const [longer, shorter] = a.length >= b.length ? [a, b] : [b, a];
  return longer.map((value, index) => value + (shorter[index] ?? 0));
}
