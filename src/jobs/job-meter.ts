/** How far a running job is, from the events of its call. Bytes never go down, not even after a kill: what was told before is the floor. */
import type { ModelEvent, Phase } from '../domain/events.ts';
import type { JobProgress, JobRecord } from '../domain/jobs.ts';
import type { Clock } from '../domain/world.ts';
import { type ModelProgress, NO_PROGRESS, type ProgressState, reduceProgress } from '../observability/progress.ts';
import { speedAt } from '../observability/speed.ts';
import { afterEvent, afterStall, afterTime, afterWindow, NO_SUMMARY } from './summarise.ts';

/** Bytes come in lumps: over less than this, or than what is in flight takes, a speed says little. */
const WINDOW_MS = 2000;

export interface JobMeterOptions {
  readonly job: JobRecord;
  readonly clock: Clock;
  /** The limit of this job's transfers as it is now; undefined: none. */
  readonly limit: () => number | undefined;
  /** Bytes count when their piece is finished: so many may be on their way at a time. */
  readonly inFlightBytes: number;
}

interface MeterWindow {
  readonly sinceMs: number;
  readonly fromBytes: number;
  /** In force since then: a change ends the window. */
  readonly limit: number | undefined;
}

export class JobMeter {
  readonly #options: JobMeterOptions;
  #models: ProgressState = NO_PROGRESS;
  #current: ModelProgress | undefined;
  #summary;
  #phase: Phase = 'planning';
  /** As the events of this attempt tell it, below what was told before. */
  #seenBytes = 0;
  #doneBytes: number;
  #totalBytes: number;
  #lookedMs: number;
  #window: MeterWindow;
  #transfer: Pick<MeterWindow, 'sinceMs' | 'fromBytes'>;
  /** When bytes came last, or were not due. */
  #movedMs: number;

  constructor(options: JobMeterOptions) {
    const { job } = options;
    this.#options = options;
    this.#summary = job.summary ?? NO_SUMMARY;
    this.#doneBytes = job.done_bytes;
    this.#totalBytes = job.total_bytes;
    this.#lookedMs = this.#nowMs();
    this.#movedMs = this.#lookedMs;
    this.#window = { sinceMs: this.#lookedMs, fromBytes: 0, limit: options.limit() };
    this.#transfer = this.#window;
  }

  take(event: ModelEvent): void {
    this.#models = reduceProgress(this.#models, event);
    this.#summary = afterEvent(this.#summary, event);
    this.#current = this.#models.get(`${event.correlationId} ${event.model ?? ''}`) ?? this.#current;
    this.#noteBytes([...this.#models.values()]);
    const phase = phaseAfter(event, this.#current) ?? this.#phase;
    if (phase !== this.#phase) this.#enter(phase);
  }

  /** As it is now. Called every second or so: the time since the last look is given to what was going on. */
  look(): JobProgress {
    const { job, clock } = this.#options;
    const nowMs = this.#nowMs();
    this.#summary = afterTime(this.#summary, this.#phase, nowMs - this.#lookedMs);
    this.#lookedMs = nowMs;
    if (this.#window.limit !== this.#options.limit() || nowMs - this.#window.sinceMs >= this.#windowMs()) this.#endWindow();
    return {
      id: job.id,
      phase: this.#phase,
      done_bytes: this.#doneBytes,
      total_bytes: this.#totalBytes,
      bytes_per_second: this.#current === undefined ? 0 : Math.round(speedAt(this.#current.speed, clock.now())),
      updated_at: new Date(clock.now()).toISOString(),
      summary: this.#summary,
    };
  }

  /** The last look: what stands still now has stalled. */
  end(): JobProgress {
    this.#noteMove();
    this.#endWindow();
    return this.look();
  }

  /** Whole milliseconds: what is measured between two of them adds up to the time that passed. */
  #nowMs(): number {
    return Math.round(this.#options.clock.monotonic());
  }

  #windowMs(): number {
    const { limit, inFlightBytes } = this.#options;
    return Math.max(WINDOW_MS, (1000 * inFlightBytes) / (limit() ?? Number.POSITIVE_INFINITY));
  }

  #endWindow(): void {
    const { limit } = this.#options;
    const { sinceMs, fromBytes, limit: limitBytesPerSecond } = this.#window;
    const window = { ms: this.#nowMs() - sinceMs, movedBytes: this.#seenBytes - fromBytes, limitBytesPerSecond };
    if (this.#phase === 'transferring') this.#summary = afterWindow(this.#summary, window);
    this.#window = { sinceMs: this.#nowMs(), fromBytes: this.#seenBytes, limit: limit() };
  }

  #noteBytes(models: readonly ModelProgress[]): void {
    const seen = models.reduce((sum, { doneBytes }) => sum + doneBytes, 0);
    const coming = models.reduce((sum, { comingBytes }) => sum + comingBytes, 0);
    const total = models.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
    if (seen > this.#seenBytes) this.#noteMove();
    this.#seenBytes = seen;
    this.#doneBytes = Math.max(this.#doneBytes, Math.min(total, seen + coming));
    this.#totalBytes = Math.max(this.#totalBytes, total, this.#doneBytes);
  }

  #noteMove(): void {
    const nowMs = this.#nowMs();
    if (this.#phase === 'transferring') this.#summary = afterStall(this.#summary, nowMs - this.#movedMs - this.#dueMs());
    this.#movedMs = nowMs;
  }

  /** What is in flight takes so long at the speed of this attempt so far, or of the limit; not known before anything came. */
  #dueMs(): number {
    const { limit, inFlightBytes } = this.#options;
    const movedMs = this.#movedMs - this.#transfer.sinceMs;
    const speed = movedMs > 0 ? (this.#seenBytes - this.#transfer.fromBytes) / movedMs : 0;
    const slowest = Math.min(speed, (limit() ?? Number.POSITIVE_INFINITY) / 1000);
    return slowest > 0 ? Math.round(inFlightBytes / slowest) : Number.POSITIVE_INFINITY;
  }

  #enter(phase: Phase): void {
    this.end();
    this.#phase = phase;
    if (phase === 'transferring') this.#transfer = { sinceMs: this.#movedMs, fromBytes: this.#seenBytes };
  }
}

/** Undefined: as before. */
function phaseAfter({ type }: ModelEvent, current: ModelProgress | undefined): Phase | undefined {
  if (type === 'verify.progress' || type === 'lock.progress') return 'verifying';
  if (current === undefined || !(type.startsWith('ensure.') || type === 'lock.waiting')) return undefined;
  if (current.phase === 'finished' || current.phase === 'failed') return undefined;
  return current.phase === 'reading' ? 'verifying' : current.phase;
}
