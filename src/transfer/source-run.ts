/**
 * One file at one source: starts ranges, watches them, tries again, until all pieces are held, the source has failed, or its work was
 * handed over to others.
 */
import type { FileSource } from '../backends/backend.ts';
import { type Attempt, asModelError, ModelError } from '../domain/errors.ts';
import type { TrafficControl } from '../domain/traffic.ts';
import type { Clock, Random } from '../domain/world.ts';
import type { ActiveRange } from './active-range.ts';
import { type Answer, AnswerAcceptance, RANGE_IGNORED } from './answer-acceptance.ts';
import { cloneFile } from './clone-file.ts';
import type { Span } from './extent-plan.ts';
import type { FileState } from './file-state.ts';
import { chooseHandOver } from './hand-over.ts';
import { Hedges } from './hedges.ts';
import type { Lane } from './lane.ts';
import type { LaneBalance } from './lane-balance.ts';
import type { LanePool } from './lane-pool.ts';
import type { LaneEvent, RangeEnd } from './lane-protocol.ts';
import { errorOfEnd } from './range-fault.ts';
import { RangeSet } from './range-set.ts';
import type { TransferRetry } from './retry-budget.ts';
import type { Demand, Scheduler } from './scheduler.ts';
import { SourceAccess } from './source-access.ts';
import { SourceTries } from './source-tries.ts';
import { SpanChooser } from './span-chooser.ts';

export interface SourceRunOptions {
  readonly state: FileState;
  readonly source: FileSource;
  readonly scheduler: Scheduler;
  readonly pool: LanePool;
  /** Lanes for bulk work, or only the main thread's. */
  readonly lanes: readonly Lane[];
  readonly balance: LaneBalance<Lane>;
  readonly clock: Clock;
  readonly random: Random;
  readonly retry: TransferRetry;
  readonly stallTimeoutMs: number;
  readonly hasAlternative: boolean;
  /** Whether a local file may be shared (reflink) rather than copied. */
  readonly mayClone: boolean;
  readonly traffic: TrafficControl | undefined;
  readonly onAttempt: (attempt: Attempt) => void;
  readonly team: TeamView;
}

/** What a run knows of the other sources of its file. */
export interface TeamView {
  /** It is the first in priority of those at work: it may begin whatever the others do. */
  isLead(run: SourceRun): boolean;
  /** Whether more than one source may work on this file. */
  readonly mayShare: boolean;
  /** What one range of the best other source does that could take over now, 0 where it is untried; undefined where there is none. */
  relief(run: SourceRun): number | undefined;
  /** Whether another source could take over now that was never found to lag. */
  hasQuicker(run: SourceRun): boolean;
  /** All pieces are held. @param by whose range gave the last one: it ends by itself, with its connection fit for the next file */
  completed(by: SourceRun): void;
}

/** Held bytes that may wait for the hash before more ranges are refused. */
const MAX_HASH_LAG_BYTES = 512 * 1024 * 1024;
/** A range that gave a byte so lately shows that its source is well. */
const MOVING_MS = 1000;

export type EndedEarly = Exclude<SourceRunResult, { readonly kind: 'complete' | 'aborted' }>;

export type SourceRunResult =
  | { readonly kind: 'complete' }
  | { readonly kind: 'failed'; readonly error: ModelError }
  /** Left because others do it better now; worth asking again when they are gone. */
  | { readonly kind: 'set-aside'; readonly error: ModelError /** It gave at least one piece. */; readonly helped: boolean }
  | { readonly kind: 'aborted' };

export class SourceRun implements Demand {
  readonly #o: SourceRunOptions;
  readonly #label: string;
  readonly #ranges: RangeSet;
  readonly #access: SourceAccess;
  readonly #tries: SourceTries;
  readonly #acceptance: AnswerAcceptance;
  readonly #hedges: Hedges;
  readonly #spans: SpanChooser;
  /** Indices of states of the source that it was seen to leave. */
  readonly #distrusted = new Set<number>();
  #failure: ModelError | undefined;
  #setAside = false;
  #helped = false;
  #wasSilent = false;
  /** Its work was taken over by a quicker source. */
  #isLaggard = false;
  #preparing = false;
  #settle: ((result: SourceRunResult) => void) | undefined;

  constructor(options: SourceRunOptions) {
    const { clock, state, source, scheduler } = options;
    const monotonicMs = () => clock.monotonic();
    this.#o = options;
    this.#label = source.backend.label;
    this.#ranges = new RangeSet({ ...options, monotonicMs });
    this.#access = new SourceAccess(source, { sizeBytes: state.file.partial.sizeBytes, nowMs: () => clock.now() });
    this.#spans = new SpanChooser({ state, ranges: this.#ranges });
    const mayStream = () => options.team.isLead(this);
    this.#acceptance = new AnswerAcceptance({ ...options, ranges: this.#ranges, access: this.#access, mayStream });
    this.#hedges = new Hedges({ ranges: this.#ranges, stallTimeoutMs: options.stallTimeoutMs });
    this.#tries = new SourceTries({ ...options, monotonicMs, wake: () => scheduler.pump() });
  }

  run(): Promise<SourceRunResult> {
    const { state, scheduler } = this.#o;
    const onAbort = () => this.#stopAll();
    const result = new Promise<SourceRunResult>((resolve) => {
      this.#settle = resolve;
      state.signal.addEventListener('abort', onAbort, { once: true });
      scheduler.add(this);
      this.#check();
    });
    return result.finally(() => {
      this.#tries.stop();
      state.signal.removeEventListener('abort', onAbort);
      scheduler.remove(this);
    });
  }

  /** The file is complete: nothing that still runs is of use. */
  finish(): void {
    this.#stopAll();
  }

  get isLaggard(): boolean {
    return this.#isLaggard;
  }

  /** Whether it could do the work of another source now. */
  get canRelieve(): boolean {
    if (this.#failure !== undefined || this.#tries.isWaiting || this.#acceptance.oneStream) return false;
    return this.#ranges.size === 0 || this.#ranges.all.some((range) => range.accepted && range.idleMs < MOVING_MS);
  }

  // --- what the scheduler sees ---

  get group(): object {
    return this.#o.state;
  }

  get flowing(): number {
    return this.#ranges.flowing;
  }

  get firstByteMs(): number | undefined {
    return this.#ranges.firstByteMs;
  }

  get bytesPerSecond(): number | undefined {
    return this.#ranges.bytesPerSecond;
  }

  get host(): string | undefined {
    return this.#o.source.backend.host;
  }

  get hedging(): number {
    return this.#ranges.all.filter((range) => range.victim !== undefined).length;
  }

  get running(): number {
    return this.#ranges.size + (this.#preparing ? 1 : 0);
  }

  get receivedBytes(): number {
    return this.#ranges.receivedBytes;
  }

  get remainingBytes(): number {
    return this.#o.state.file.partial.sizeBytes - this.#o.state.heldBytes;
  }

  get isReady(): boolean {
    const { state } = this.#o;
    if (this.#preparing || this.#distrusted.size > 0 || this.#failure !== undefined) return false;
    if (state.signal.aborted || state.isComplete || this.#tries.isWaiting) return false;
    if (this.#isLaggard && this.#o.team.hasQuicker(this)) return false;
    if (this.#isQuiet && this.#o.team.relief(this) !== undefined) return false;
    return this.#o.team.mayShare || this.#o.team.isLead(this);
  }

  /** None of its ranges has moved of late: more of them would wait with the others. */
  get #isQuiet(): boolean {
    return this.#ranges.size > 0 && this.#ranges.all.every((range) => range.idleMs >= MOVING_MS);
  }

  get canShare(): boolean {
    if (this.#acceptance.oneStream || this.#isBoundByHash) return false;
    // What it makes of ranges is known only after its first answer.
    if (this.#ranges.size > 0 && this.#acceptance.sourceIndex === undefined) return false;
    return this.#nextSpan(1) !== undefined;
  }

  /** More bytes would only wait for the hash, or take from it the time that it needs. */
  get #isBoundByHash(): boolean {
    const { state, lanes, balance } = this.#o;
    if (state.heldBytes - state.cell.offset > MAX_HASH_LAG_BYTES) return true;
    return state.hashLane.load.isBusy && !lanes.some((lane) => lane.load.isIdle) && !balance.hasHelper(state, lanes);
  }

  canHedge(isTail: boolean): boolean {
    if (this.#o.team.relief(this) !== undefined) return false;
    return !this.#acceptance.oneStream && this.#access.origin().kind !== 'local' && this.#hedges.victim(isTail) !== undefined;
  }

  start(lanes: number): boolean {
    if (this.#access.needsPreparing) {
      this.#prepare();
      return true;
    }
    // No other range will join while the hash is the limit: one long stream is hashed as it comes, and asks once.
    const bound = this.#isBoundByHash;
    const span = this.#nextSpan(bound ? 1 : lanes, this.#o.balance.isLast && bound);
    if (span === undefined) return false;
    const offset = this.#spans.startOffset(span.offset, this.#acceptance.sourceIndex);
    return this.#startRange({ offset, end: span.end });
  }

  hedge(isTail: boolean): boolean {
    const victim = this.#hedges.victim(isTail);
    return victim !== undefined && this.#startRange(victim.remaining(), victim);
  }

  tick(nowMs: number): void {
    for (const range of this.#ranges.all) {
      const verdict = range.check(nowMs);
      this.#hedges.observe(range);
      if (verdict !== 'moving') this.#ranges.stop(range, this.#stallError(verdict));
    }
    this.#handOver(nowMs);
  }

  /** Where another source could do it, nothing waits for a range that is silent, nor at the end for one that lags. */
  #handOver(nowMs: number): void {
    if (this.#ranges.size === 0) return;
    const otherBytesPerSecond = this.#o.team.relief(this);
    if (otherBytesPerSecond === undefined) return;
    const { state, stallTimeoutMs } = this.#o;
    const limits = {
      stallTimeoutMs,
      pieceBytes: state.file.partial.pieceBytes,
      otherBytesPerSecond,
      isWaitedFor: this.#isWaitedFor,
      wasSilent: this.#wasSilent,
    };
    const candidates = this.#ranges.all
      .filter((range) => range.stopped === undefined && !range.ready)
      .map((range) => handOverCandidate(range, nowMs));
    const { silent, lagging } = chooseHandOver(candidates, limits);
    if (silent.length > 0 && silent.length === candidates.length) this.#leave(this.#stallError('stalled'));
    this.#isLaggard ||= lagging.length > 0;
    this.#wasSilent ||= silent.length > 0;
    for (const { range } of [...silent, ...lagging]) this.#ranges.stop(range);
  }

  get #isWaitedFor(): boolean {
    const { heldBytes, cell } = this.#o.state;
    return heldBytes - cell.offset > MAX_HASH_LAG_BYTES || this.#spans.isAllTaken();
  }

  /** Without a failure that would count against it later. */
  #leave(error: ModelError): void {
    const { state, onAttempt } = this.#o;
    onAttempt({ source: this.#label, file: state.file.name, code: error.code, message: error.message });
    this.#failure = error;
    this.#setAside = true;
    this.#stopAll();
  }

  // --- starting ---

  #prepare(): void {
    this.#preparing = true;
    // Time-out of its own: no range runs yet that the watchdog could see.
    const patience = AbortSignal.timeout(this.#o.stallTimeoutMs);
    this.#access
      .prepare(AbortSignal.any([this.#o.state.signal, patience]))
      .then(() => this.#clone())
      .catch((error: unknown) => this.#failed(patience.aborted ? this.#stallError('stalled') : asModelError(error)))
      .finally(() => this.#prepared());
  }

  /** A local file that shares its extents needs no copy. */
  async #clone(): Promise<void> {
    const { state, mayClone, source } = this.#o;
    const origin = this.#access.origin();
    if (!mayClone || origin.kind !== 'local' || state.heldBytes > 0) return;
    const validator = await cloneFile(origin.path, state.file.partial);
    if (validator === undefined) return;
    const fetchedBytes = source.isHere === true ? 0 : state.file.partial.sizeBytes;
    state.adoptAll(state.sourceIndex(this.#label, validator), fetchedBytes);
  }

  #prepared(): void {
    this.#preparing = false;
    this.#check();
    this.#o.scheduler.pump();
  }

  /** @param lanes ranges that are to work on the file */
  #nextSpan(lanes: number, short = false): Span | undefined {
    return this.#spans.next(Math.max(lanes, this.#o.state.ranges.size + 1), this.#acceptance.oneStream, short);
  }

  #startRange(span: Span, victim?: ActiveRange): boolean {
    return this.#ranges.start({
      span,
      origin: this.#access.origin(),
      open: (range, signal) => this.#access.open(range, signal),
      onEvent: (range, event) => this.#onEvent(range, event),
      ...(victim !== undefined && { victim }),
    });
  }

  // --- events ---

  #onEvent(range: ActiveRange, event: LaneEvent): void {
    if (event.type === 'range.head') this.#onHead(range, event);
    else if (event.type === 'range.held') this.#onHeld(range, event.piece);
    else if (event.type === 'range.ready') this.#hedges.ready(range);
    else if (event.type === 'range.end') this.#onEnd(range, event.end);
  }

  #onHead(range: ActiveRange, answer: Answer): void {
    if (range.stopped !== undefined || this.#o.state.signal.aborted) return;
    this.#acceptance.accept(range, answer).then(
      () => this.#o.scheduler.pump(),
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
    this.#helped = true;
    this.#wasSilent = false;
    this.#tries.progressed();
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
    if (!this.#ranges.ended(range)) return;
    this.#hedges.ended(range, end);
    if (range.victim === undefined || !this.#ranges.has(range.victim)) this.#conclude(range, end);
    this.#check();
    this.#o.scheduler.pump();
  }

  #conclude(range: ActiveRange, end: RangeEnd): void {
    if (end.how === 'failed' && end.fault.changed && range.sourceIndex !== undefined) this.#distrust(range.sourceIndex);
    const error = range.stopped === undefined ? errorOfEnd(end, this.#label) : range.stopped.error;
    if (end.how === 'failed' && end.fault.kind === 'unusual') this.#access.useBackend();
    else if (end.how === 'failed' && end.fault.kind !== 'source' && error !== undefined) this.#o.state.fail(error);
    else if (error !== undefined) this.#failed(error);
  }

  #distrust(sourceIndex: number): void {
    this.#distrusted.add(sourceIndex);
    this.#o.state.fragments.clear();
    this.#ranges.stopAll();
  }

  // --- failing and ending ---

  #failed(error: ModelError): void {
    const { state, source, scheduler, traffic, onAttempt } = this.#o;
    if (state.signal.aborted || this.#failure !== undefined || this.#access.isRefreshedAfter(error)) return;
    if (error.reason === RANGE_IGNORED) {
      this.#leave(error);
      return;
    }
    onAttempt({ source: this.#label, file: state.file.name, code: error.code, message: error.message });
    if (error.code === 'RATE_LIMIT' || error.details.http_status === 503) scheduler.backOff();
    const next = this.#tries.failed(error, this.receivedBytes);
    traffic?.failed(source, { error, isFinal: next.kind === 'given-up' });
    if (next.kind === 'given-up') {
      this.#failure = error;
      this.#stopAll();
    }
    if (next.kind !== 'retry') return;
    const { attempt, delayMs } = next;
    state.file.emit({
      type: 'retry.scheduled',
      source: this.#label,
      file: source.path,
      attempt,
      delayMs,
      reason: error.reason ?? error.code,
    });
  }

  #stallError(verdict: 'stalled' | 'slow'): ModelError {
    const seconds = Math.round(this.#o.stallTimeoutMs / 100) / 10;
    const message = verdict === 'stalled' ? `${this.#label} sent nothing for ${seconds} s` : `${this.#label} has become too slow`;
    return new ModelError('NETWORK_TIMEOUT', message, { reason: verdict });
  }

  #stopAll(): void {
    this.#tries.stop();
    this.#ranges.stopAll();
    this.#check();
  }

  #check(): void {
    const { state } = this.#o;
    if (this.#ranges.size > 0 || this.#preparing) return;
    if (state.signal.aborted) this.#settle?.({ kind: 'aborted' });
    else if (this.#distrusted.size > 0) this.#dropDistrusted();
    else if (state.isComplete && (this.#failure === undefined || state.file.expected !== undefined)) this.#settle?.({ kind: 'complete' });
    else if (this.#failure !== undefined)
      this.#settle?.(
        this.#setAside ? { kind: 'set-aside', error: this.#failure, helped: this.#helped } : { kind: 'failed', error: this.#failure },
      );
  }

  /** The source changed under our reading: what came from it in that state is of no state at all. */
  #dropDistrusted(): void {
    const indices = new Set(this.#distrusted);
    this.#preparing = true;
    this.#o.state
      .drop((_, index) => indices.has(index))
      .then(
        () => this.#distrusted.clear(),
        (error: unknown) => this.#o.state.fail(asModelError(error)),
      )
      .finally(() => this.#prepared());
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

/** Not the source's fault: keeping what it gives has failed. */
const isOurs = (error: ModelError): boolean => error.exitCode === 9 || error.code === 'NO_SPACE' || error.code === 'INTERNAL';
