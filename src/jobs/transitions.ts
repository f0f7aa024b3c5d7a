/** What becomes of a job when something is asked of it, or its runner has ended. Pure. */
import type { ErrorDocument } from '../domain/errors.ts';
import { isFinished, type JobAction, type JobRecord, type JobResult, MAX_DEATHS } from '../domain/jobs.ts';
import { killsItsProcess, wrongState } from './job-errors.ts';

export interface Moment {
  /** ISO 8601. */
  readonly now: string;
  /** Whether a process lives that runs the jobs of this root. Where none does, nobody will act on what is only asked for. */
  readonly hasRunner: boolean;
}

const AGAIN = 'what has failed or was cancelled is begun again with `wan models jobs retry`; of what has succeeded submit another one';

/** @throws ModelError CONCURRENT_MODIFICATION, reason job_state. Asked for what is so already, a job stays as it is. */
export function afterAction(job: JobRecord, action: JobAction, moment: Moment): JobRecord {
  switch (action) {
    case 'pause':
      return pause(job, moment);
    case 'resume':
      return resume(job);
    case 'cancel':
      return cancel(job, moment);
    case 'retry':
      return retry(job);
  }
}

function pause(job: JobRecord, { hasRunner }: Moment): JobRecord {
  if (isFinished(job)) throw wrongState(job, 'pause', AGAIN);
  if (job.state === 'paused') return job;
  return job.state === 'running' && hasRunner ? { ...job, wanted: 'pause' } : { ...withoutWaiting(job), state: 'paused' };
}

/** One that has not stopped yet for a pause that was asked for goes on. */
function resume(job: JobRecord): JobRecord {
  if (isFinished(job)) throw wrongState(job, 'resume', AGAIN);
  if (job.state === 'paused') return { ...job, state: 'queued' };
  return job.wanted === 'pause' ? unasked(job) : job;
}

function cancel(job: JobRecord, { now, hasRunner }: Moment): JobRecord {
  if (job.state === 'cancelled') return job;
  if (isFinished(job)) throw wrongState(job, 'cancel', 'what it has brought here goes with `wan models rm`');
  return job.state === 'running' && hasRunner
    ? { ...job, wanted: 'cancel' }
    : { ...withoutWaiting(job), state: 'cancelled', finished_at: now };
}

/** With its age of before, and with tries of its own. */
function retry(job: JobRecord): JobRecord {
  const isWaiting = job.state === 'queued' && job.retry_at !== undefined;
  if (!isWaiting && job.state !== 'failed' && job.state !== 'cancelled')
    throw wrongState(job, 'try again', 'only what has failed or was cancelled is tried again');
  const { finished_at: _, deaths: __, ...rest } = withoutWaiting(job);
  return { ...rest, state: 'queued', failures: 0 };
}

export function begun(job: JobRecord, now: string): JobRecord {
  const { finished_at: _, ...rest } = withoutWaiting(job);
  return { ...rest, state: 'running', started_at: now, attempts: job.attempts + 1 };
}

/** `stopped`: it was ended before its time, because somebody asked for that, or its runner ends. */
export type Ending =
  | { readonly kind: 'succeeded'; readonly result: JobResult }
  | { readonly kind: 'failed'; readonly error: ErrorDocument; readonly result?: JobResult }
  | { readonly kind: 'stopped' };

export interface RetryPolicy {
  /** Tries before a failure that may pass by itself is final. */
  readonly attempts: number;
  /** Before the second try; doubled for each further one. */
  readonly delayMs: number;
}

export const longestDelayMs = ({ attempts, delayMs }: RetryPolicy): number => delayMs * 2 ** Math.max(0, attempts - 2);

export function ended(job: JobRecord, ending: Ending, { nowMs, policy }: { nowMs: number; policy: RetryPolicy }): JobRecord {
  const now = new Date(nowMs).toISOString();
  const { error: _, deaths: __, ...rest } = unasked(job);
  switch (ending.kind) {
    case 'succeeded':
      return { ...rest, state: 'succeeded', finished_at: now, failures: 0, done_bytes: job.total_bytes, result: ending.result };
    case 'failed':
      return failed({ ...rest, ...(ending.result && { result: ending.result }) }, ending.error, { job, nowMs, policy });
    case 'stopped':
      return stopped(job, now);
  }
}

interface Failing {
  readonly job: JobRecord;
  readonly nowMs: number;
  readonly policy: RetryPolicy;
}

function failed(rest: JobRecord, error: ErrorDocument, { job, nowMs, policy }: Failing): JobRecord {
  const failures = job.failures + 1;
  const now = new Date(nowMs).toISOString();
  if (job.wanted === 'cancel') return { ...rest, state: 'cancelled', finished_at: now, failures, error };
  if (!error.retryable || failures >= policy.attempts) return { ...rest, state: 'failed', finished_at: now, failures, error };
  if (job.wanted === 'pause') return { ...rest, state: 'paused', failures, error };
  const delayMs = policy.delayMs * 2 ** (failures - 1);
  return { ...rest, state: 'queued', failures, error, retry_at: new Date(nowMs + delayMs).toISOString() };
}

function stopped(job: JobRecord, now: string): JobRecord {
  const rest = unasked(job);
  if (job.wanted === 'cancel') return { ...rest, state: 'cancelled', finished_at: now };
  return { ...rest, state: job.wanted === 'pause' ? 'paused' : 'queued' };
}

/** Its process died, and nobody knows of what. @param hasMoved whether it had come further since it was begun */
export function died(job: JobRecord, { hasMoved, now }: { readonly hasMoved: boolean; readonly now: string }): JobRecord {
  const { deaths: before = 0, ...rest } = stopped(job, now);
  if (hasMoved) return rest;
  const deaths = before + 1;
  if (deaths < MAX_DEATHS || rest.state !== 'queued') return { ...rest, deaths };
  return { ...rest, state: 'failed', finished_at: now, failures: job.failures + 1, deaths, error: killsItsProcess(deaths) };
}

const unasked = ({ wanted: _, ...job }: JobRecord): JobRecord => job;

const withoutWaiting = ({ retry_at: _, ...job }: JobRecord): JobRecord => unasked(job);
