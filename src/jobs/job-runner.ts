/**
 * The one process of a root that runs its jobs. The others wait for its place, which they get when it dies: the kernel drops its lock. Whatever
 * it was doing is then begun again, in the order of before, and goes on with every piece that was held.
 */
import { asModelError, isModelError, type ModelError } from '../domain/errors.ts';
import type { JobProgress, JobRecord } from '../domain/jobs.ts';
import type { Lease } from '../locks/lease.ts';
import type { StoreContext } from '../store/context.ts';
import { checkStore, openStore } from '../store/open-store.ts';
import { forgotten } from './forgotten.ts';
import type { JobQueue } from './job-queue.ts';
import { nextJobs } from './next-jobs.ts';
import { type JobWork, type Outcome, RunningJob } from './running-job.ts';
import type { Schedule, Schedules } from './schedules.ts';
import { begun, died, ended, longestDelayMs, type RetryPolicy } from './transitions.ts';

export interface RunnerOptions {
  readonly context: StoreContext;
  readonly queue: JobQueue;
  readonly schedules: Schedules;
  readonly submitScheduled: (schedule: Schedule, name: string) => Promise<unknown>;
  /** What a job works with. */
  readonly workOf: (job: JobRecord) => JobWork;
  /** Jobs at work at the same time. */
  readonly concurrency: number;
  readonly retry: RetryPolicy;
  /** How often the queue is looked at. Default: half a second. */
  readonly lookMs?: number;
  /** Told of each job whose state has changed here. */
  readonly onChange?: (job: JobRecord) => void;
  /** Something that does not end the runner, such as a queue that cannot be written; not twice in a row. */
  readonly onTrouble?: (error: ModelError) => void;
}

export interface RunOptions {
  /** Ends the runner: what runs is stopped and queued again. */
  readonly signal: AbortSignal;
  /** End when nothing is queued or runs any more. */
  readonly drain?: boolean;
  /** Told each time this process becomes the one that runs jobs. */
  readonly onStart?: () => void;
}

const LOOK_MS = 500;
/** How often the place of another runner is asked for. */
const STANDBY_MS = 1000;
/** Where a record cannot be written, it is tried again after this. */
const TROUBLE_MS = 2000;
/** Between two looks at what can be forgotten. */
const FORGET_MS = 60_000;

export class JobRunner {
  readonly #options: RunnerOptions;
  readonly #running = new Map<string, RunningJob>();
  readonly #settling = new Set<Promise<void>>();
  #trouble: string | undefined;
  #forgetMs = 0;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Waits until it is the runner, and works until it is ended. Once. @throws ModelError of a root that is no place for a store */
  async run({ signal, drain = false, onStart }: RunOptions): Promise<void> {
    await openStore(this.#options.context);
    for (;;) {
      const lease = await this.#takePlace(signal);
      if (lease === undefined) return;
      const isDone = await this.#runIn(lease, { signal, drain, ...(onStart && { onStart }) });
      if (isDone) return;
    }
  }

  /** @returns false where it lost its place: somebody removed or replaced the lock file */
  async #runIn(lease: Lease, { signal, drain, onStart }: RunOptions): Promise<boolean> {
    const ending = AbortSignal.any([signal, lease.signal]);
    try {
      await this.#recover(ending);
      onStart?.();
      await this.#work(ending, lease, drain === true);
      return !lease.signal.aborted;
    } finally {
      await this.#stopAll();
      await lease.release();
    }
  }

  /** None in a root whose volume is gone: a lock would be made there. */
  async #takePlace(signal: AbortSignal): Promise<Lease | undefined> {
    const { context } = this.#options;
    while (!signal.aborted) {
      const isThere = await this.#try(async () => checkStore(context));
      const lease = isThere && (await context.locks.tryAcquire(context.resolver.runnerLock(), { doing: 'run jobs' }));
      if (lease) return lease;
      await this.#pause(STANDBY_MS, signal);
    }
    return undefined;
  }

  /** Nobody runs what is on record as running: its runner was killed. */
  async #recover(signal: AbortSignal): Promise<void> {
    const { queue } = this.#options;
    for (const { id } of queue.list().jobs.filter(({ state }) => state === 'running')) {
      await this.#write(signal, () => this.#bury(id, queue.progress(id)));
    }
    for (const id of queue.records.progressIds()) await this.#try(() => queue.records.removeProgress(id));
  }

  async #work(signal: AbortSignal, lease: Lease, drain: boolean): Promise<void> {
    while (!signal.aborted) {
      await this.#try(async () => lease.assertHeld());
      const isIdle = await this.#look();
      if (drain && isIdle) return;
      await this.#pause(this.#options.lookMs ?? LOOK_MS, signal);
    }
  }

  /** What is asked of running jobs comes first: it needs no disk. @returns whether nothing is left to do */
  async #look(): Promise<boolean> {
    const { queue, context, concurrency, retry, schedules, submitScheduled } = this.#options;
    const { jobs } = queue.list();
    for (const job of jobs) this.#running.get(job.id)?.heed(job);
    for (const running of this.#running.values()) await this.#try(() => running.tell());
    await this.#try(() => schedules.run(submitScheduled));
    const places = { limit: concurrency, running: this.#running.size, nowMs: context.clock.now(), maxDelayMs: longestDelayMs(retry) };
    // One that was asked for again before it has left its place begins at a later look.
    const waiting = jobs.filter(({ id }) => !this.#running.has(id));
    for (const job of nextJobs(waiting, places)) await this.#try(() => this.#begin(job));
    await this.#try(() => this.#forget());
    return this.#running.size === 0 && !jobs.some(({ state }) => state === 'queued');
  }

  /** One that was paused, cancelled or forgotten between look and claim is left alone. */
  async #begin({ id }: JobRecord): Promise<void> {
    const { queue, context, workOf } = this.#options;
    const now = new Date(context.clock.now()).toISOString();
    const claim = (job: JobRecord): JobRecord => (job.state === 'queued' ? begun(job, now) : job);
    let isOurs = false;
    const job = await queue.update(id, (current) => {
      isOurs = current.state === 'queued';
      return claim(current);
    });
    if (!isOurs) return;
    this.#options.onChange?.(job);
    const running = new RunningJob(job, workOf(job));
    this.#running.set(id, running);
    const settled: Promise<void> = this.#settle(running).finally(() => this.#settling.delete(settled));
    this.#settling.add(settled);
  }

  /** What has ended is on record before its place is free: nobody begins it a second time. */
  async #settle(running: RunningJob): Promise<void> {
    const outcome = await running.outcome;
    await this.#write(running.ending, () => this.#end(running.id, outcome));
    // What cannot be removed misleads nobody: it is only looked at while the job runs, and the next runner tries again.
    await this.#try(() => running.clear());
    this.#running.delete(running.id);
  }

  async #end(id: string, outcome: Pick<Outcome, 'ending'> & Partial<Outcome>): Promise<void> {
    const { queue, context, retry } = this.#options;
    const now = { nowMs: context.clock.now(), policy: retry };
    const job = await queue.update(id, (current) => {
      const known = { ...current, ...measured(current, outcome.progress) };
      // Where locks do not lock, somebody may have taken it from us.
      return current.state === 'running' ? ended(known, outcome.ending, now) : known;
    });
    this.#options.onChange?.(job);
  }

  /** Whether it was this job that its process died of, only many deaths tell. */
  async #bury(id: string, told: JobProgress | undefined): Promise<void> {
    const { queue, context } = this.#options;
    const now = new Date(context.clock.now()).toISOString();
    const job = await queue.update(id, (current) => {
      if (current.state !== 'running') return current;
      const known = { ...current, ...measured(current, told) };
      return died(known, { hasMoved: known.done_bytes > current.done_bytes, now });
    });
    this.#options.onChange?.(job);
  }

  async #forget(): Promise<void> {
    const { queue, context } = this.#options;
    const nowMs = context.clock.monotonic();
    if (nowMs < this.#forgetMs) return;
    this.#forgetMs = nowMs + FORGET_MS;
    if (forgotten(queue.list()).length > 0) await queue.forget(forgotten);
  }

  async #stopAll(): Promise<void> {
    for (const running of this.#running.values()) running.end();
    await Promise.all(this.#settling);
  }

  /** A full disk, or a lock that is held for long, passes. Where the runner ends before, the next one finds the job as running, and begins it again. */
  async #write(signal: AbortSignal, write: () => Promise<void>): Promise<void> {
    while (!(await this.#try(write)) && !signal.aborted) await this.#pause(TROUBLE_MS, signal);
  }

  /** What fails is told, and ends nothing: most of it is tried again at the next look. @returns whether it was done */
  async #try(act: () => Promise<unknown>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      if (isModelError(error, 'JOB_NOT_FOUND')) return true;
      this.#tellTrouble(asModelError(error));
      return false;
    }
  }

  #tellTrouble(trouble: ModelError): void {
    if (trouble.message === this.#trouble) return;
    this.#trouble = trouble.message;
    this.#options.onTrouble?.(trouble);
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await this.#options.context.clock.sleep(ms, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

/** Bytes never go down, whoever told them. */
function measured(job: JobRecord, progress: JobProgress | undefined): Partial<JobRecord> {
  if (progress === undefined) return {};
  const doneBytes = Math.max(job.done_bytes, progress.done_bytes);
  return { done_bytes: doneBytes, total_bytes: Math.max(job.total_bytes, progress.total_bytes, doneBytes), summary: progress.summary };
}
