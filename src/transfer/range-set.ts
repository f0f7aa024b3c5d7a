/** The running ranges of one file at one source: started on a lane, listened to, stopped. */
import type { FileSource } from '../backends/backend.ts';
import type { ModelError } from '../domain/errors.ts';
import type { RangeOutcome } from '../domain/events.ts';
import { ActiveRange } from './active-range.ts';
import type { Span } from './extent-plan.ts';
import type { FileState } from './file-state.ts';
import type { Lane } from './lane.ts';
import type { LaneBalance } from './lane-balance.ts';
import type { OpenBackend } from './lane-host.ts';
import type { LanePool } from './lane-pool.ts';
import type { LaneEvent, RangeOrigin } from './lane-protocol.ts';

export interface RangeSetOptions {
  readonly state: FileState;
  readonly pool: LanePool;
  /** Lanes for bulk work, or only the main thread's. */
  readonly lanes: readonly Lane[];
  readonly balance: LaneBalance<Lane>;
  readonly stallTimeoutMs: number;
  readonly monotonicMs: () => number;
  readonly source: FileSource;
}

export interface RangeStart {
  readonly span: Span;
  readonly origin: RangeOrigin;
  readonly open: (range: Span, signal: AbortSignal) => ReturnType<OpenBackend>;
  /** The slow range whose rest this one fetches a second time. */
  readonly victim?: ActiveRange;
  readonly onEvent: (range: ActiveRange, event: LaneEvent) => void;
}

/** What ranges do in their first moments says little. */
const KNOWN_AFTER_MS = 1000;

export class RangeSet {
  readonly #o: RangeSetOptions;
  readonly #ranges = new Map<number, ActiveRange>();
  #endedBytes = 0;
  #lastRate: number | undefined;
  #firstByteMs: number | undefined;
  #firstAcceptedMs: number | undefined;

  constructor(options: RangeSetOptions) {
    this.#o = options;
  }

  get size(): number {
    return this.#ranges.size;
  }

  get all(): ActiveRange[] {
    return [...this.#ranges.values()];
  }

  get receivedBytes(): number {
    let bytes = this.#endedBytes;
    for (const range of this.#ranges.values()) bytes += range.stat.receivedBytes;
    return bytes;
  }

  /** What one range does of late, on average, or did last; undefined before any byte. */
  get bytesPerSecond(): number | undefined {
    const rates = this.all.flatMap((range) => (range.stat.receivedBytes > 0 && range.victim === undefined ? [range.bytesPerSecond] : []));
    if (rates.length > 0) this.#lastRate = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
    return this.#lastRate;
  }

  /** As {@link bytesPerSecond}, once it can be relied on. */
  get knownBytesPerSecond(): number | undefined {
    const isKnown = this.#o.monotonicMs() - (this.#firstAcceptedMs ?? Number.POSITIVE_INFINITY) >= KNOWN_AFTER_MS;
    return isKnown ? this.bytesPerSecond : undefined;
  }

  /** Ranges whose answer has begun. */
  get flowing(): number {
    return this.all.filter((range) => range.accepted).length;
  }

  /** From a request to its answer: the quickest that was seen. */
  get firstByteMs(): number | undefined {
    return this.#firstByteMs;
  }

  accepted(range: ActiveRange, waitedMs: number): void {
    range.acceptedMs = this.#o.monotonicMs();
    this.#firstAcceptedMs ??= range.acceptedMs;
    this.#firstByteMs = Math.min(this.#firstByteMs ?? Number.POSITIVE_INFINITY, waitedMs);
  }

  has(range: ActiveRange): boolean {
    return this.#ranges.has(range.rangeId);
  }

  /** @returns false where another range has the first piece */
  start(start: RangeStart): boolean {
    const { state, pool, stallTimeoutMs } = this.#o;
    const { span, origin, victim } = start;
    const rangeId = pool.nextId();
    const piece = Math.floor(span.offset / state.file.partial.pieceBytes);
    if (victim === undefined && Atomics.compareExchange(state.claims, piece, 0, rangeId) !== 0) return false;
    const lane = this.#chooseLane(origin, span);
    const range = new ActiveRange({ rangeId, lane, origin, span, piece, stallTimeoutMs, nowMs: this.#o.monotonicMs(), victim });
    if (victim === undefined) for (const other of state.ranges) other.trimTo(span.offset);
    state.ranges.add(range);
    this.#ranges.set(rangeId, range);
    pool.listen(rangeId, lane, {
      onLaneEvent: (event) => start.onEvent(range, event),
      onLaneDeath: (error) => this.#died(range, error, start),
    });
    state.file.emit({ type: 'range.started', range: rangeId, ...this.#about, offset: span.offset, sizeBytes: span.end - span.offset });
    const task = { rangeId, file: state.shared, origin, ...span, stat: range.stat.buffer, hedge: victim !== undefined };
    lane.post({ type: 'range.start', task }, (signal) => start.open(span, signal));
    return true;
  }

  stop(range: ActiveRange, error?: ModelError): void {
    if (range.stopped !== undefined) return;
    range.stopped = { error };
    range.lane.post({ type: 'range.cancel', rangeId: range.rangeId });
  }

  stopAll(except?: ActiveRange): void {
    for (const range of this.all) if (range !== except) this.stop(range);
  }

  /** After its last event. @returns false where it was ended before */
  ended(range: ActiveRange, outcome: RangeOutcome): boolean {
    const { state, pool, source } = this.#o;
    if (!this.#ranges.delete(range.rangeId)) return false;
    state.ranges.delete(range);
    pool.unlisten(range.rangeId);
    this.#endedBytes += range.stat.receivedBytes;
    if (source.isHere !== true) state.received(source.backend.label, range.stat.receivedBytes);
    Atomics.compareExchange(state.claims, range.piece, range.rangeId, 0);
    this.#keepFragment(range);
    this.#tellEnd(range, outcome);
    return true;
  }

  get #about(): { readonly source: string; readonly file: string } {
    return { source: this.#o.source.backend.label, file: this.#o.state.file.name };
  }

  #tellEnd({ rangeId: range, stat: { receivedBytes, pausedMs }, begunMs }: ActiveRange, outcome: RangeOutcome): void {
    const durationMs = this.#o.monotonicMs() - begunMs;
    this.#o.state.file.emit({ type: 'range.ended', range, ...this.#about, outcome, receivedBytes, durationMs, pausedMs });
  }

  /** The begun part of a piece is good for the next range of the same source. */
  #keepFragment(range: ActiveRange): void {
    const { state } = this.#o;
    const { position } = range.stat;
    const piece = Math.floor(position / state.file.partial.pieceBytes);
    if (range.sourceIndex === undefined || position <= range.offset || position % state.file.partial.pieceBytes === 0) return;
    if (piece < state.pieces.count && !state.pieces.isHeld(piece))
      state.fragments.set(piece, { end: position, sourceIndex: range.sourceIndex });
  }

  #died(range: ActiveRange, error: ModelError, { onEvent }: RangeStart): void {
    this.#o.state.fail(error);
    onEvent(range, { type: 'range.end', rangeId: range.rangeId, end: { how: 'cancelled' } });
  }

  #chooseLane(origin: RangeOrigin, { offset, end }: Span): Lane {
    const { lanes, balance, pool, state } = this.#o;
    if (origin.kind === 'backend') return pool.main;
    return balance.laneFor(state, { lanes, bytes: end - offset }) ?? pool.main;
  }
}
