/** Second requests for the rest of ranges that lag behind at the end of a file. */
import type { ActiveRange } from './active-range.ts';
import { chooseHedge } from './hedge-plan.ts';
import type { RangeEnd } from './lane-protocol.ts';
import type { RangeSet } from './range-set.ts';

/** Kept in memory: with the limit of one hedge at a time, this is all that hedges take. */
const MAX_HEDGE_BYTES = 8 * 1024 * 1024;

export interface HedgesOptions {
  readonly ranges: RangeSet;
  readonly stallTimeoutMs: number;
}

export class Hedges {
  readonly #ranges: RangeSet;
  readonly #stallTimeoutMs: number;
  #bestBytesPerSecond = 0;

  constructor({ ranges, stallTimeoutMs }: HedgesOptions) {
    this.#ranges = ranges;
    this.#stallTimeoutMs = stallTimeoutMs;
  }

  observe(range: ActiveRange): void {
    this.#bestBytesPerSecond = Math.max(this.#bestBytesPerSecond, range.bytesPerSecond);
  }

  /** The range that deserves one now. @param isTail nothing else is left to do: then also one that is only slow */
  victim(isTail: boolean): ActiveRange | undefined {
    const ranges = this.#ranges.all;
    const hedged = new Set(ranges.flatMap((range) => (range.victim === undefined ? [] : [range, range.victim])));
    const candidates = ranges.map((range) => ({
      range,
      accepted: range.accepted && range.stopped === undefined,
      isHedged: hedged.has(range),
      idleMs: range.idleMs,
      bytesPerSecond: range.bytesPerSecond,
      remaining: range.remaining(),
    }));
    const bestBytesPerSecond = isTail ? this.#bestBytesPerSecond : 0;
    const limits = { stallTimeoutMs: this.#stallTimeoutMs, bestBytesPerSecond, maxBytes: MAX_HEDGE_BYTES };
    return chooseHedge(candidates, limits)?.range;
  }

  /** A hedge has all its bytes: the other one ends, and only then are they put in place. */
  ready(hedge: ActiveRange): void {
    hedge.ready = true;
    if (hedge.victim !== undefined && this.#ranges.has(hedge.victim)) this.#ranges.stop(hedge.victim);
    else this.#place(hedge);
  }

  /** @param range no longer among the running ones */
  ended(range: ActiveRange, end: RangeEnd): void {
    const hedge = this.#ranges.all.find((other) => other.victim === range);
    if (hedge?.ready) this.#place(hedge);
    else if (hedge !== undefined && end.how === 'done') this.#ranges.stop(hedge);
  }

  #place(hedge: ActiveRange): void {
    const from = Math.max(hedge.offset, hedge.victim?.stat.position ?? 0);
    if (from >= hedge.end || hedge.stopped !== undefined) this.#ranges.stop(hedge);
    else hedge.lane.post({ type: 'range.place', rangeId: hedge.rangeId, from });
  }
}
