/** A running range, as the main thread knows it. */
import type { ModelError } from '../domain/errors.ts';
import type { Span } from './extent-plan.ts';
import type { Lane } from './lane.ts';
import type { RangeOrigin } from './lane-protocol.ts';
import { RangeStat } from './range-stat.ts';
import { RangeWatchdog, type Verdict } from './range-watchdog.ts';

export interface ActiveRangeOptions {
  readonly rangeId: number;
  readonly lane: Lane;
  readonly origin: RangeOrigin;
  readonly span: Span;
  /** The piece that the span begins in, claimed for this range. */
  readonly piece: number;
  readonly stallTimeoutMs: number;
  readonly nowMs: number;
  readonly victim?: ActiveRange | undefined;
}

export class ActiveRange {
  readonly rangeId: number;
  readonly lane: Lane;
  /** Where its bytes were asked for. */
  readonly origin: RangeOrigin;
  readonly offset: number;
  readonly end: number;
  readonly piece: number;
  readonly begunMs: number;
  readonly stat = new RangeStat();
  /** Set for a hedge: the range whose rest it fetches too. */
  readonly victim: ActiveRange | undefined;
  /** What it is expected to do; shorter than asked for once another range works on its tail. */
  span: Span;
  /** When its head was found good. */
  acceptedMs: number | undefined;
  /** A hedge that has all its bytes. */
  ready = false;
  sourceIndex: number | undefined;
  /** It was told to end; with an error where that is the source's fault. */
  stopped: { readonly error: ModelError | undefined } | undefined;
  readonly #watchdog: RangeWatchdog;

  constructor(options: ActiveRangeOptions) {
    this.rangeId = options.rangeId;
    this.lane = options.lane;
    this.origin = options.origin;
    this.offset = options.span.offset;
    this.end = options.span.end;
    this.piece = options.piece;
    this.begunMs = options.nowMs;
    this.victim = options.victim;
    this.span = options.span;
    this.stat.moveTo(this.offset);
    this.#watchdog = new RangeWatchdog({ stallTimeoutMs: options.stallTimeoutMs }, { ms: options.nowMs, receivedBytes: 0, pausedMs: 0 });
  }

  /** Its head was good. */
  get accepted(): boolean {
    return this.acceptedMs !== undefined;
  }

  /** Milliseconds without a byte that were not our own doing. */
  get idleMs(): number {
    return this.#watchdog.idleMs;
  }

  /** Of late; 0 before the first byte. */
  get bytesPerSecond(): number {
    return this.#watchdog.bytesPerSecond;
  }

  remaining(): Span {
    return { offset: Math.min(this.span.end, Math.max(this.span.offset, this.stat.position)), end: this.span.end };
  }

  /** Another range has taken its tail over. */
  get isTrimmed(): boolean {
    return this.span.end < this.end;
  }

  /** Another range has claimed the piece at `offset`. */
  trimTo(offset: number): void {
    const { offset: from, end } = this.remaining();
    if (offset > from && offset < end) this.span = { offset: this.span.offset, end: offset };
  }

  check(nowMs: number): Verdict {
    if (this.ready) return 'moving';
    const { receivedBytes, pausedMs } = this.stat;
    return this.#watchdog.check({ ms: nowMs, receivedBytes, pausedMs });
  }
}
