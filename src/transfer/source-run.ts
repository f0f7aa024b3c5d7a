/**
 * One file at one source: starts ranges, listens to them, tries again, until all pieces are held, the source has failed, or its work was
 * handed over to others.
 */
import { asModelError, type ModelError } from '../domain/errors.ts';
import type { ActiveRange } from './active-range.ts';
import { type Answer, AnswerAcceptance } from './answer-acceptance.ts';
import type { Span } from './extent-plan.ts';
import { HandOvers } from './hand-overs.ts';
import { Hedges } from './hedges.ts';
import type { LaneEvent, RangeEnd, RangeOrigin } from './lane-protocol.ts';
import { errorOfEnd } from './range-fault.ts';
import { RangeSet } from './range-set.ts';
import { SourceAccess } from './source-access.ts';
import { MOVING_MS, SourceDemand } from './source-demand.ts';
import { SourcePreparation } from './source-preparation.ts';
import type { SourceRunOptions, SourceRunResult } from './source-run-options.ts';
import { SourceStanding } from './source-standing.ts';
import { SourceTries } from './source-tries.ts';
import { SpanChooser } from './span-chooser.ts';
import { stallError } from './stall-error.ts';
import type { TeamMember } from './team-view.ts';

/** So long may finding the way to a file take (a listing, credentials) where another source could do without. */
const SEARCH_MS = 5000;

export class SourceRun implements TeamMember {
  readonly #o: SourceRunOptions;
  readonly #label: string;
  readonly #ranges: RangeSet;
  readonly #access: SourceAccess;
  readonly #tries: SourceTries;
  readonly #acceptance: AnswerAcceptance;
  readonly #hedges: Hedges;
  readonly #standing: SourceStanding;
  readonly #preparation: SourcePreparation;
  readonly #demand: SourceDemand;
  #settle: ((result: SourceRunResult) => void) | undefined;

  constructor(options: SourceRunOptions) {
    const { clock, state, source, scheduler, stallTimeoutMs, team } = options;
    const monotonicMs = () => clock.monotonic();
    const label = source.backend.label;
    const ranges = new RangeSet({ ...options, monotonicMs });
    const access = new SourceAccess(source, { sizeBytes: state.file.partial.sizeBytes, nowMs: () => clock.now() });
    const tries = new SourceTries({ ...options, monotonicMs, wake: () => scheduler.pump() });
    const standing = new SourceStanding({ ...options, tries });
    const hedges = new Hedges({ ranges, stallTimeoutMs });
    const spans = new SpanChooser({ state, ranges });
    const acceptance = new AnswerAcceptance({ ...options, ranges, access, mayStream: () => team.isLead(this) });
    const onFailed = (error: ModelError) => this.#failed(error);
    const preparation = new SourcePreparation({ ...options, access, monotonicMs, onFailed, onDone: () => this.#goOn() });
    const relief = () => team.relief(this);
    const parts = { ranges, access, tries, standing, hedges, spans, acceptance, preparation };
    const handOvers = new HandOvers({ ...parts, label, state, stallTimeoutMs, relief, onSilent: (ms) => this.#leaveSilent(ms) });
    const watch = (nowMs: number) => {
      handOvers.watch(nowMs);
      this.#watchSearch(preparation.searchedMs(nowMs));
    };
    const begin = (span: Span, victim?: ActiveRange) => this.#begin(span, victim);
    this.#o = options;
    this.#label = label;
    this.#ranges = ranges;
    this.#access = access;
    this.#tries = tries;
    this.#acceptance = acceptance;
    this.#hedges = hedges;
    this.#standing = standing;
    this.#preparation = preparation;
    this.#demand = new SourceDemand({ ...options, ...parts, member: this, begin, watch, monotonicMs });
  }

  run(): Promise<SourceRunResult> {
    const { state, scheduler } = this.#o;
    const onAbort = () => this.#stopAll();
    const result = new Promise<SourceRunResult>((resolve) => {
      this.#settle = resolve;
      state.signal.addEventListener('abort', onAbort, { once: true });
      scheduler.add(this.#demand);
      this.#check();
    });
    return result.finally(() => {
      this.#tries.stop();
      state.signal.removeEventListener('abort', onAbort);
      scheduler.remove(this.#demand);
    });
  }

  /** The file is complete: nothing that still runs is of use. */
  finish(): void {
    this.#stopAll();
  }

  get isLaggard(): boolean {
    return this.#standing.isLaggard;
  }

  get bytesPerSecond(): number | undefined {
    return this.#ranges.bytesPerSecond;
  }

  get canRelieve(): boolean {
    const { ended, wasSilent } = this.#standing;
    if (ended !== undefined || wasSilent || this.#tries.isWaiting || this.#acceptance.oneStream) return false;
    return this.#ranges.size === 0 || this.#ranges.all.some((range) => range.accepted && range.idleMs < MOVING_MS);
  }

  #begin(span: Span, victim?: ActiveRange): boolean {
    return this.#ranges.start({
      span,
      origin: this.#access.origin(),
      open: (range, signal) => this.#access.open(range, signal),
      onEvent: (range, event) => this.#onEvent(range, event),
      ...(victim !== undefined && { victim }),
    });
  }

  #onEvent(range: ActiveRange, event: LaneEvent): void {
    if (event.type === 'range.head') this.#onHead(range, event);
    else if (event.type === 'range.held') this.#onHeld(range, event.piece);
    else if (event.type === 'range.ready') this.#hedges.ready(range);
    else if (event.type === 'range.end') this.#onEnd(range, event.end);
  }

  #onHead(range: ActiveRange, answer: Answer): void {
    if (range.stopped !== undefined || this.#o.state.signal.aborted) return;
    this.#acceptance.accept(range, answer).then(
      () => this.#o.scheduler.answered(),
      (error: unknown) => this.#refuse(range, asModelError(error)),
    );
  }

  #refuse(range: ActiveRange, error: ModelError): void {
    if (isOurs(error)) this.#o.state.fail(error);
    else this.#ranges.stop(range, error);
  }

  #onHeld(range: ActiveRange, piece: number): void {
    const { state } = this.#o;
    state.held(piece);
    this.#standing.helped(range.begunMs);
    this.#access.progressed();
    if (state.isComplete) this.#complete();
    this.#o.traffic?.served(this.#o.source);
    if (range.lane !== state.hashLane) state.hashLane.post({ type: 'hash.advance', fileId: state.shared.fileId });
  }

  /** A range whose tail another one took has no reason to end by itself. */
  #complete(): void {
    for (const range of this.#ranges.all) if (range.isTrimmed) this.#ranges.stop(range);
    this.#o.team.completed(this);
  }

  #onEnd(range: ActiveRange, end: RangeEnd): void {
    if (!this.#ranges.ended(range, end.how)) return;
    this.#hedges.ended(range, end);
    if (range.victim === undefined || !this.#ranges.has(range.victim)) this.#conclude(range, end);
    this.#goOn();
  }

  #conclude(range: ActiveRange, end: RangeEnd): void {
    if (end.how === 'failed' && end.fault.changed && range.sourceIndex !== undefined) this.#distrust(range.sourceIndex);
    const error = range.stopped === undefined ? errorOfEnd(end, this.#label) : range.stopped.error;
    if (end.how === 'failed' && end.fault.kind === 'unusual') this.#access.useBackend();
    else if (end.how === 'failed' && end.fault.kind !== 'source' && error !== undefined) this.#o.state.fail(error);
    else if (error !== undefined) this.#failed(error, range.origin);
  }

  #distrust(sourceIndex: number): void {
    this.#standing.distrusted.add(sourceIndex);
    this.#o.state.fragments.clear();
    this.#ranges.stopAll();
  }

  // --- failing and ending ---

  #failed(error: ModelError, origin?: RangeOrigin): void {
    if (this.#o.state.signal.aborted || this.#standing.ended !== undefined || this.#access.isRefreshedAfter(error, origin)) return;
    this.#standing.failed(error, this.#ranges.receivedBytes);
    if (this.#standing.ended !== undefined) this.#stopAll();
  }

  /** Ranges that are silent are given up by hand-overs; the way to a file may be as silent. */
  #watchSearch(searchedMs: number): void {
    const { stallTimeoutMs, team } = this.#o;
    if (searchedMs < Math.min(SEARCH_MS, stallTimeoutMs / 2) || this.#standing.ended !== undefined) return;
    if (team.relief(this) !== undefined) this.#leaveSilent(searchedMs);
  }

  #leaveSilent(silentMs: number): void {
    this.#standing.leave(stallError(this.#label, 'stalled', silentMs));
    this.#stopAll();
  }

  #stopAll(): void {
    this.#tries.stop();
    this.#preparation.giveUp();
    this.#ranges.stopAll();
    this.#check();
  }

  #goOn(): void {
    this.#check();
    this.#o.scheduler.pump();
  }

  #check(): void {
    const { state } = this.#o;
    const { ended, distrusted } = this.#standing;
    if (this.#ranges.size > 0 || this.#preparation.isUnderWay) return;
    if (state.signal.aborted) this.#settle?.({ kind: 'aborted' });
    else if (distrusted.size > 0) this.#preparation.drop(distrusted);
    else if (state.isComplete && (ended === undefined || state.file.expected !== undefined)) this.#settleComplete();
    else if (ended !== undefined) this.#settle?.(ended);
  }

  #settleComplete(): void {
    this.#standing.nameSilent();
    const { ended } = this.#standing;
    this.#settle?.(ended?.kind === 'set-aside' ? ended : { kind: 'complete' });
  }
}

/** Not the source's fault: keeping what it gives has failed. */
const isOurs = (error: ModelError): boolean => error.exitCode === 9 || error.code === 'NO_SPACE' || error.code === 'INTERNAL';
