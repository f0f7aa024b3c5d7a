/**
 * Which slow range deserves a second request for its rest, when connections are idle and nothing else is left to do.
 * The hedge keeps its bytes in memory; whoever of the two is first to the end wins, and nothing is written twice. Pure.
 */
import type { Span } from './extent-plan.ts';

export interface HedgeCandidate {
  readonly accepted: boolean;
  /** It is a hedge, or has one. */
  readonly isHedged: boolean;
  /** Milliseconds without a byte. */
  readonly idleMs: number;
  /** Of late. */
  readonly bytesPerSecond: number;
  readonly remaining: Span;
}

export interface HedgeLimits {
  readonly stallTimeoutMs: number;
  /** The best rate that any range of this source has shown. */
  readonly bestBytesPerSecond: number;
  /** Memory for one hedge. */
  readonly maxBytes: number;
}

/** Silence that makes a hedge worth a request; never more than a third of what ends a range. */
const HEDGE_AFTER_MS = 3000;
/** Of the best rate: a slower range is left behind, a slow link is not. */
const LAGGING_SHARE = 0.2;

export function chooseHedge<Candidate extends HedgeCandidate>(ranges: readonly Candidate[], limits: HedgeLimits): Candidate | undefined {
  const afterMs = Math.min(HEDGE_AFTER_MS, limits.stallTimeoutMs / 3);
  return ranges.find((range) => {
    const bytes = range.remaining.end - range.remaining.offset;
    if (!range.accepted || range.isHedged || bytes === 0 || bytes > limits.maxBytes) return false;
    const isLagging = range.bytesPerSecond < limits.bestBytesPerSecond * LAGGING_SHARE;
    return range.idleMs >= afterMs || (isLagging && (bytes * 1000) / Math.max(1, range.bytesPerSecond) >= 2 * afterMs);
  });
}
