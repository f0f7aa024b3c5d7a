/** One file at one source, as the scheduler sees it: whether a range could begin now, and which one that would be. */
import type { ActiveRange } from './active-range.ts';
import type { AnswerAcceptance } from './answer-acceptance.ts';
import type { Span } from './extent-plan.ts';
import type { Hedges } from './hedges.ts';
import type { RangeSet } from './range-set.ts';
import type { Demand } from './scheduler.ts';
import type { SourceAccess } from './source-access.ts';
import type { SourcePreparation } from './source-preparation.ts';
import type { SourceRunOptions } from './source-run-options.ts';
import type { SourceStanding } from './source-standing.ts';
import type { SourceTries } from './source-tries.ts';
import { isHashBusyForLong, type SpanChooser } from './span-chooser.ts';
import { standstillError } from './standstill.ts';
import type { TeamMember } from './team-view.ts';

export interface SourceDemandOptions extends Pick<SourceRunOptions, 'state' | 'source' | 'lanes' | 'balance' | 'team'> {
  readonly member: TeamMember;
  readonly ranges: RangeSet;
  readonly access: SourceAccess;
  readonly tries: SourceTries;
  readonly acceptance: AnswerAcceptance;
  readonly hedges: Hedges;
  readonly spans: SpanChooser;
  readonly standing: SourceStanding;
  readonly preparation: SourcePreparation;
  /** @returns false where another range has the first piece */
  readonly begin: (span: Span, victim?: ActiveRange) => boolean;
  readonly watch: (nowMs: number) => void;
  readonly monotonicMs: () => number;
}

/** A range that gave a byte so lately shows that its source is well. */
export const MOVING_MS = 1000;

export class SourceDemand implements Demand {
  readonly #o: SourceDemandOptions;

  constructor(options: SourceDemandOptions) {
    this.#o = options;
  }

  get group(): object {
    return this.#o.state;
  }

  get host(): string | undefined {
    return this.#o.source.backend.host;
  }

  get running(): number {
    return this.#o.ranges.size + (this.#o.preparation.isUnderWay ? 1 : 0);
  }

  get flowing(): number {
    return this.#o.ranges.flowing;
  }

  get hedging(): number {
    return this.#o.ranges.all.filter((range) => range.victim !== undefined).length;
  }

  get firstByteMs(): number | undefined {
    return this.#o.ranges.firstByteMs;
  }

  get bytesPerSecond(): number | undefined {
    return this.#o.ranges.bytesPerSecond;
  }

  get receivedBytes(): number {
    return this.#o.ranges.receivedBytes;
  }

  get remainingBytes(): number {
    return this.#o.state.file.partial.sizeBytes - this.#o.state.heldBytes;
  }

  get isReady(): boolean {
    const { state, standing, tries, preparation, team, member, ranges, monotonicMs } = this.#o;
    if (preparation.isUnderWay || standing.distrusted.size > 0 || standing.ended !== undefined) return false;
    if (state.signal.aborted || state.isComplete || tries.isWaiting) return false;
    if (standing.isLaggard && team.hasQuicker(member)) return false;
    if ((this.#isQuiet || standing.isResting(monotonicMs(), ranges.all)) && team.relief(member) !== undefined) return false;
    return team.mayShare || team.isLead(member);
  }

  get canShare(): boolean {
    const { acceptance, ranges } = this.#o;
    if (acceptance.oneStream || this.#isBoundByHash) return false;
    // What it makes of ranges is known only after its first answer.
    if (ranges.size > 0 && acceptance.sourceIndex === undefined) return false;
    return this.#nextSpan(1) !== undefined;
  }

  start(lanes: number): boolean {
    const { access, preparation, balance, spans, acceptance, begin } = this.#o;
    if (access.needsPreparing) {
      preparation.begin();
      return true;
    }
    // No other range will join while the hash is the limit: one long stream is hashed as it comes, and asks once.
    const bound = this.#isBoundByHash;
    const span = this.#nextSpan(bound ? 1 : lanes, balance.isLast && bound);
    return span !== undefined && begin({ offset: spans.startOffset(span.offset, acceptance.sourceIndex), end: span.end });
  }

  canHedge(isTail: boolean): boolean {
    const { team, member, acceptance, access, hedges } = this.#o;
    if (team.relief(member) !== undefined) return false;
    return !acceptance.oneStream && access.origin().kind !== 'local' && hedges.victim(isTail) !== undefined;
  }

  hedge(isTail: boolean): boolean {
    const victim = this.#o.hedges.victim(isTail);
    return victim !== undefined && this.#o.begin(victim.remaining(), victim);
  }

  tick(nowMs: number): void {
    this.#o.watch(nowMs);
  }

  get isWaiting(): boolean {
    const { tries, standing, monotonicMs } = this.#o;
    return tries.isWaiting || standing.isResting(monotonicMs(), []);
  }

  get facts(): object {
    const { source, access, standing, acceptance, team, member, state } = this.#o;
    return {
      source: source.backend.label,
      ready: this.isReady,
      needs_preparing: access.needsPreparing,
      ended: standing.ended?.kind,
      laggard: standing.isLaggard,
      silent: standing.wasSilent,
      one_stream: acceptance.oneStream,
      lead: team.isLead(member),
      may_share: team.mayShare,
      has_quicker: team.hasQuicker(member),
      aborted: state.signal.aborted,
    };
  }

  standsStill(sources: readonly object[]): void {
    this.#o.state.fail(standstillError(this.#o.state, sources));
  }

  /** None of its ranges has moved of late: more of them would wait with the others. */
  get #isQuiet(): boolean {
    const { ranges } = this.#o;
    return ranges.size > 0 && ranges.all.every((range) => range.idleMs >= MOVING_MS);
  }

  /** More bytes would only wait for the hash, or take from it the time that it needs. */
  get #isBoundByHash(): boolean {
    const { state, lanes, balance } = this.#o;
    if (isHashBusyForLong(state)) return true;
    return state.hashLane.load.isBusy && !lanes.some((lane) => lane.load.isIdle) && !balance.hasHelper(state, lanes);
  }

  /** @param lanes ranges that are to work on the file */
  #nextSpan(lanes: number, short = false): Span | undefined {
    const { spans, state, acceptance } = this.#o;
    return spans.next(Math.max(lanes, state.ranges.size + 1), acceptance.oneStream, short);
  }
}
