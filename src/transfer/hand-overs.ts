/** Watches the ranges of one source: what stalls is ended, and what another source could do now is given up to it. */
import type { ActiveRange } from './active-range.ts';
import type { FileState } from './file-state.ts';
import { chooseHandOver } from './hand-over.ts';
import type { Hedges } from './hedges.ts';
import type { RangeSet } from './range-set.ts';
import type { SourceStanding } from './source-standing.ts';
import { isHashFarBehind, type SpanChooser } from './span-chooser.ts';
import { stallError } from './stall-error.ts';

export interface HandOversOptions {
  /** Redacted name of the source. */
  readonly label: string;
  readonly state: FileState;
  readonly ranges: RangeSet;
  readonly hedges: Hedges;
  readonly spans: SpanChooser;
  readonly standing: SourceStanding;
  readonly stallTimeoutMs: number;
  /** See TeamView. */
  readonly relief: () => number | undefined;
  /** No range of it moves. */
  readonly onSilent: (silentMs: number) => void;
}

export class HandOvers {
  readonly #o: HandOversOptions;

  constructor(options: HandOversOptions) {
    this.#o = options;
  }

  /** Call a few times a second. */
  watch(nowMs: number): void {
    const { ranges, hedges, label, stallTimeoutMs } = this.#o;
    for (const range of ranges.all) {
      const verdict = range.check(nowMs);
      hedges.observe(range);
      if (verdict !== 'moving') ranges.stop(range, stallError(label, verdict, verdict === 'stalled' ? range.idleMs : stallTimeoutMs));
    }
    if (ranges.size > 0) this.#handOver(nowMs);
  }

  /** Where another source could do it, nothing waits for a range that is silent, nor at the end for one that lags. */
  #handOver(nowMs: number): void {
    const { ranges, standing, onSilent, relief } = this.#o;
    const otherBytesPerSecond = relief();
    if (otherBytesPerSecond === undefined) return;
    const candidates = ranges.all
      .filter((range) => range.stopped === undefined && !range.ready)
      .map((range) => handOverCandidate(range, nowMs));
    const { silent, lagging } = chooseHandOver(candidates, this.#limits(otherBytesPerSecond));
    const silentMs = Math.max(0, ...silent.map(({ idleMs }) => idleMs));
    if (silentMs > 0) standing.fellSilent({ nowMs, silentMs });
    if (silent.length > 0 && silent.length === candidates.length) onSilent(silentMs);
    standing.isLaggard ||= lagging.length > 0;
    for (const { range } of [...silent, ...lagging]) ranges.stop(range);
  }

  #limits(otherBytesPerSecond: number) {
    const { state, ranges, spans, standing, stallTimeoutMs } = this.#o;
    return {
      stallTimeoutMs,
      pieceBytes: state.file.partial.pieceBytes,
      otherBytesPerSecond,
      isWaitedFor: isHashFarBehind(state) || spans.isAllTaken(),
      wasSilent: standing.wasSilent,
      firstByteMs: ranges.firstByteMs,
    };
  }
}

const handOverCandidate = (range: ActiveRange, nowMs: number) => ({
  range,
  accepted: range.accepted,
  flowingMs: nowMs - (range.acceptedMs ?? nowMs),
  idleMs: range.idleMs,
  bytesPerSecond: range.bytesPerSecond,
  remainingBytes: range.remaining().end - range.remaining().offset,
  isStarved: range.lane.load.isBusy,
});
