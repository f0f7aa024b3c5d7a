/**
 * The durable queue of a root. Whoever submits, asks and runs works on the same records under one short lock, whether or not a service is
 * there; a runner sees what was asked within a second. Reading takes no lock and changes nothing.
 */
import { createHash } from 'node:crypto';
import { ModelError } from '../domain/errors.ts';
import {
  isFinished,
  JOB_PRIORITIES,
  type JobAction,
  type JobOrigin,
  type JobProgress,
  type JobRecord,
  MAX_PRIORITY,
} from '../domain/jobs.ts';
import { keyReused } from '../domain/key-reused.ts';
import type { StoreContext } from '../store/context.ts';
import { JobRecords, type ListedJobs } from '../store/job-records.ts';
import { openStore } from '../store/open-store.ts';
import { noSuchJob, queueFull, severalJobs, wrongState } from './job-errors.ts';
import type { ResolvedRequest } from './job-request.ts';
import { afterAction } from './transitions.ts';

/** More that have not ended are nobody's plan. */
const MAX_UNFINISHED = 1000;

export interface SubmitOptions {
  readonly origin: JobOrigin;
  readonly correlationId: string;
  readonly traceparent?: string;
  /** Default: normal. */
  readonly priority?: number;
  readonly limitRateBytesPerSecond?: number;
  /** The same key of the same origin with the same request is the same job, for as long as that is on record. */
  readonly idempotencyKey?: string;
}

export interface Submitted {
  readonly job: JobRecord;
  /** False: the same work was queued already, or the key is known. */
  readonly isNew: boolean;
}

export interface JobChanges {
  readonly priority?: number;
  /** `null`: none of its own. */
  readonly limitRateBytesPerSecond?: number | null;
}

export class JobQueue {
  readonly records: JobRecords;
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
    this.records = new JobRecords(context);
  }

  /** Oldest first. */
  list(): ListedJobs {
    return this.records.list();
  }

  /** @param id or its first digits, where no other job has them @throws ModelError JOB_NOT_FOUND, INVALID_INPUT */
  find(id: string): JobRecord {
    const exact = this.records.read(id);
    if (exact !== undefined) return exact;
    const found = /^[0-9a-f]{1,12}$/.test(id) ? this.list().jobs.filter((job) => job.id.startsWith(id)) : [];
    const [only] = found;
    if (only === undefined) throw noSuchJob(id);
    if (found.length > 1)
      throw severalJobs(
        id,
        found.map((job) => job.id),
      );
    return only;
  }

  progress(id: string): JobProgress | undefined {
    return this.records.progress(id);
  }

  /** Whether a process lives that runs the jobs of this root. */
  hasRunner(): Promise<boolean> {
    return this.#context.locks.isLocked(this.#context.resolver.runnerLock().path);
  }

  /** Durable on return. @throws ModelError NO_SPACE, RATE_LIMIT (too many wait), INVALID_INPUT (a key used for something else) */
  async submit({ request, label }: ResolvedRequest, options: SubmitOptions): Promise<Submitted> {
    const priority = checkedPriority(options.priority ?? JOB_PRIORITIES.normal);
    const digest = digestOf(JSON.stringify(request));
    const idempotency =
      options.idempotencyKey === undefined ? undefined : { key: digestOf(`${options.origin} ${options.idempotencyKey}`), request: digest };
    await openStore(this.#context);
    return this.#locked(`queue ${label}`, async () => {
      const { jobs } = this.list();
      const known = jobs.find((job) => idempotency !== undefined && job.idempotency?.key === idempotency.key);
      if (known !== undefined && known.idempotency?.request !== digest) throw keyReused();
      const same = known ?? jobs.find((job) => !isFinished(job) && digestOf(JSON.stringify(job.request)) === digest);
      if (same !== undefined) return { job: same, isNew: false };
      if (jobs.filter((job) => !isFinished(job)).length >= MAX_UNFINISHED) throw queueFull(MAX_UNFINISHED);
      const { limitRateBytesPerSecond: limit, traceparent } = options;
      const job: JobRecord = {
        schema: 'wan.job/v1',
        id: this.#context.random.uuid().replaceAll('-', '').slice(0, 12),
        seq: 1 + Math.max(0, ...jobs.map(({ seq }) => seq)),
        request,
        label,
        state: 'queued',
        priority,
        ...(limit !== undefined && { limit_rate_bytes_per_second: limit }),
        origin: options.origin,
        correlation_id: options.correlationId,
        ...(traceparent !== undefined && { traceparent }),
        ...(idempotency && { idempotency }),
        created_at: this.#now(),
        attempts: 0,
        failures: 0,
        done_bytes: 0,
        total_bytes: 0,
      };
      await this.records.write(job);
      return { job, isNew: true };
    });
  }

  /** @throws ModelError JOB_NOT_FOUND, CONCURRENT_MODIFICATION (reason job_state) */
  async act(id: string, action: JobAction): Promise<JobRecord> {
    const { id: whole } = this.find(id);
    return this.update(whole, async (job) => afterAction(job, action, { now: this.#now(), hasRunner: await this.hasRunner() }));
  }

  /** Felt by a running job within a second. @throws ModelError as {@link act}, INVALID_INPUT */
  async change(id: string, { priority, limitRateBytesPerSecond: limit }: JobChanges): Promise<JobRecord> {
    const { id: whole } = this.find(id);
    if (priority !== undefined) checkedPriority(priority);
    return this.update(whole, (job) => {
      if (isFinished(job)) throw wrongState(job, 'change', 'only what waits or runs has a priority and a limit');
      const { limit_rate_bytes_per_second: before, ...rest } = job;
      const after = limit === undefined ? before : (limit ?? undefined);
      return { ...rest, ...(priority !== undefined && { priority }), ...(after !== undefined && { limit_rate_bytes_per_second: after }) };
    });
  }

  /** Reads, changes and writes one job with nobody between. A change that gives the same object writes nothing. @throws ModelError JOB_NOT_FOUND */
  update(id: string, change: (job: JobRecord) => JobRecord | Promise<JobRecord>): Promise<JobRecord> {
    return this.#locked(`change job ${id}`, async () => {
      const before = this.records.read(id);
      if (before === undefined) throw noSuchJob(id);
      const after = await change(before);
      if (after !== before) await this.records.write(after);
      return after;
    });
  }

  /** Under the lock of the queue: removes what `chosen` names. */
  forget(chosen: (listed: ListedJobs) => readonly string[]): Promise<void> {
    return this.#locked('forget jobs that ended', async () => {
      for (const name of chosen(this.list())) await this.records.remove(name);
    });
  }

  #now(): string {
    return new Date(this.#context.clock.now()).toISOString();
  }

  async #locked<T>(doing: string, work: () => Promise<T>): Promise<T> {
    const { locks, resolver, lockTimeoutMs } = this.#context;
    const lease = await locks.acquire(resolver.jobsLock(), { timeoutMs: lockTimeoutMs, doing });
    try {
      return await work();
    } finally {
      await lease.release();
    }
  }
}

function checkedPriority(priority: number): number {
  if (Number.isInteger(priority) && Math.abs(priority) <= MAX_PRIORITY) return priority;
  throw new ModelError('INVALID_INPUT', `${priority} is no priority`, {
    reason: 'job_priority',
    hint: `a whole number from -${MAX_PRIORITY} to ${MAX_PRIORITY}; higher ones run first, 0 is normal`,
  });
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
