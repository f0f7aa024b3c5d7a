/** One job at work: its verb, its progress on disk, and what is asked of it meanwhile. */
import { asModelError, type ErrorDocument, ModelError } from '../domain/errors.ts';
import type { JobProgress, JobRecord } from '../domain/jobs.ts';
import type { Clock } from '../domain/world.ts';
import { redactValue } from '../observability/redact-value.ts';
import type { ModelOrchestrator } from '../orchestrator/api.ts';
import type { JobRecords } from '../store/job-records.ts';
import { RateCap } from '../util/rate-cap.ts';
import { JobMeter } from './job-meter.ts';
import { runRequest } from './run-request.ts';
import type { Ending } from './transitions.ts';

export interface JobWork {
  /** An orchestrator of the job's own, closed when it ends: its transfers keep to `cap`. */
  readonly open: (cap: RateCap) => Promise<ModelOrchestrator>;
  /** The limit that processes share, as it is now. */
  readonly sharedLimit: () => Promise<number | undefined>;
  /** Upper bound of what is on its way at a time. */
  readonly inFlightBytes: number;
  readonly records: JobRecords;
  readonly clock: Clock;
}

export interface Outcome {
  readonly ending: Ending;
  readonly progress: JobProgress;
}

export class RunningJob {
  readonly id: string;
  readonly outcome: Promise<Outcome>;
  readonly #work: JobWork;
  readonly #cap: RateCap;
  readonly #stop = new AbortController();
  readonly #ending = new AbortController();
  readonly #meter: JobMeter;
  #sharedLimit: number | undefined;
  #telling: Promise<void> | undefined;
  #isOver = false;

  constructor(job: JobRecord, work: JobWork) {
    this.id = job.id;
    this.#work = work;
    this.#cap = new RateCap(job.limit_rate_bytes_per_second);
    const { clock, inFlightBytes } = work;
    this.#meter = new JobMeter({ job, clock, inFlightBytes, limit: () => this.#cap.within(this.#sharedLimit) });
    this.outcome = this.#run(job);
  }

  /** Aborted once its runner ends. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  /** Its runner ends. */
  end(): void {
    this.#ending.abort();
    this.#stopFor('the runner ends');
  }

  /** The record as it is now: a wish, or another limit. */
  heed({ state, wanted, limit_rate_bytes_per_second: limit }: JobRecord): void {
    this.#cap.set(limit);
    if (wanted !== undefined) this.#stopFor(`asked to ${wanted}`);
    else if (state !== 'running') this.#stopFor(`found ${state}`);
  }

  /** Lost, it is told anew: never a reason to fail. */
  async tell(): Promise<void> {
    this.#sharedLimit = await this.#work.sharedLimit();
    if (this.#isOver) return;
    this.#telling = this.#work.records.writeProgress(this.#meter.look());
    await this.#telling;
  }

  /** What it told goes, what is just being told too; it tells nothing more. */
  async clear(): Promise<void> {
    this.#isOver = true;
    await Promise.allSettled([this.#telling]);
    await this.#work.records.removeProgress(this.id);
  }

  /** Soon, with all that is proven kept. */
  #stopFor(why: string): void {
    this.#stop.abort(new ModelError('CANCELLED', `${why}: what is held is kept`, { reason: 'job_stopped' }));
  }

  async #run(job: JobRecord): Promise<Outcome> {
    const ending = await this.#end(job);
    return { ending, progress: this.#meter.end() };
  }

  async #end(job: JobRecord): Promise<Ending> {
    try {
      const { result, fault } = await this.#do(job);
      return fault === undefined ? { kind: 'succeeded', result } : { kind: 'failed', error: documentOf(fault), result };
    } catch (error) {
      const failure = asModelError(error);
      return this.#stop.signal.aborted && failure.code === 'CANCELLED'
        ? { kind: 'stopped' }
        : { kind: 'failed', error: documentOf(failure) };
    }
  }

  async #do(job: JobRecord) {
    const orchestrator = await this.#work.open(this.#cap);
    try {
      return await runRequest(orchestrator, job, {
        signal: this.#stop.signal,
        correlationId: job.correlation_id,
        ...(job.traceparent !== undefined && { traceparent: job.traceparent }),
        actor: { via: job.origin, name: job.label },
        onEvent: (event) => this.#meter.take(event),
      });
    } finally {
      await orchestrator.close();
    }
  }
}

/** It goes on record, for whoever may read the root. */
const documentOf = (error: ModelError): ErrorDocument => redactValue(error.toJSON()) as ErrorDocument;
