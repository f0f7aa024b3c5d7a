/** Counted facts, as they are kept and exported. */

/** One line of a metric: which, its labels in the order of the catalogue, what was counted. */
export interface Count {
  readonly metric: string;
  readonly labels: readonly string[];
  /** One number; of a histogram how many there were, their sum, and how many fell into each bucket. */
  readonly values: readonly number[];
}

export interface MetricsReport {
  /** Since the store was made, over all processes that worked on it. */
  readonly counts: readonly Count[];
  /** As it is now. */
  readonly gauges: readonly Count[];
}
