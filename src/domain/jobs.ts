/**
 * Detached work. A job is its record: the same JSON on disk, with --json and over HTTP. Keys are snake_case for that reason; sizes are bytes,
 * times ISO 8601, durations milliseconds.
 */
import type { Via } from './acts.ts';
import type { ErrorDocument } from './errors.ts';
import type { BytesOrigin, Phase } from './events.ts';
import type { SourceTrouble } from './source-trouble.ts';

export const JOB_KINDS = ['ensure', 'verify', 'repair', 'gc', 'scrub', 'lock'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

export const JOB_STATES = ['queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** What can be asked of a job. */
export const JOB_ACTIONS = ['pause', 'resume', 'cancel', 'retry'] as const;
export type JobAction = (typeof JOB_ACTIONS)[number];

/** Higher ones run first. */
export const JOB_PRIORITIES = { low: -10, normal: 0, high: 10 } as const;
export const MAX_PRIORITY = 100;

/** Of a model; `model` is its canonical reference once the job is on record. */
interface ModelRequest {
  readonly model: string;
}

export interface EnsureRequest extends ModelRequest {
  readonly kind: 'ensure';
  readonly components?: readonly string[] | undefined;
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly force?: boolean | undefined;
}

export interface VerifyRequest extends ModelRequest {
  readonly kind: 'verify';
  readonly deep?: boolean | undefined;
}

export interface RepairRequest extends ModelRequest {
  readonly kind: 'repair';
}

export interface GcRequest {
  readonly kind: 'gc';
  readonly older_than_ms?: number | undefined;
  readonly max_size_bytes?: number | undefined;
  readonly free_bytes?: number | undefined;
  readonly keep_last?: number | undefined;
  readonly family?: string | undefined;
  readonly purge?: boolean | undefined;
}

export interface ScrubRequest {
  readonly kind: 'scrub';
  /** Only blobs that nobody has read for so long. */
  readonly max_age_ms?: number | undefined;
}

export interface LockRequest {
  readonly kind: 'lock';
  /** None: all of the manifest. */
  readonly models: readonly string[];
  /** Take what the sources have now for what was pinned. */
  readonly update?: boolean | undefined;
}

/** Everything that a runner has to know to do the work, on another day and in another process. */
export type JobRequest = EnsureRequest | VerifyRequest | RepairRequest | GcRequest | ScrubRequest | LockRequest;

/** Plain facts of what was done: `fetched_bytes`, `path`, … */
export type JobResult = Readonly<Record<string, string | number | boolean>>;

/** Of a source, over all attempts. */
export interface SourceShare {
  /** Redacted URL. */
  readonly source: string;
  /** Whole ones that it gave, or a part of. */
  readonly files: number;
  /** That it sent so far, whatever became of them. */
  readonly bytes: number;
}

/** What was measured of a job while it worked, over all its attempts: why it took as long as it did. */
export interface JobSummary {
  /** Time in each phase; `lock` is that of waiting for another process, or for a download place. */
  readonly phase_ms: Readonly<Partial<Record<Phase, number>>>;
  readonly fetched_bytes: number;
  readonly files: Readonly<Partial<Record<BytesOrigin, number>>>;
  /** At most {@link SUMMARY_ROWS}, the first ones that were seen. */
  readonly sources: readonly SourceShare[];
  readonly troubles: readonly SourceTrouble[];
  /** Sources whose bytes were proven wrong. */
  readonly liars: readonly string[];
  readonly retries: number;
  /** Added up over connections that wait at the same time. */
  readonly retry_wait_ms: number;
  /** Whom it waited for last, and for how long it did in all. */
  readonly waited_for?: string;
  readonly lock_wait_ms: number;
  /** Times in which no piece was finished for {@link STALL_MS} longer than those in flight take at the speed of before, or of the limit. */
  readonly stalls: number;
  /** Beyond what they would have taken. */
  readonly stalled_ms: number;
  readonly longest_stall_ms: number;
  /** The limit that was in force last. */
  readonly limit_bytes_per_second?: number;
  /** Time in which the speed was within a tenth of the limit. */
  readonly limited_ms: number;
  readonly warnings: number;
}

/** So many deaths in a row, and it counts as what kills its process. */
export const MAX_DEATHS = 8;

/** Perhaps it kills its process, perhaps another one did that ran beside it: from then on it runs alone. */
export const isSuspect = ({ deaths = 0 }: Pick<JobRecord, 'deaths'>): boolean => deaths >= 2;

export const SUMMARY_ROWS = 8;
export const STALL_MS = 3000;

/** Who submitted it. */
export type JobOrigin = Via;

export interface JobRecord {
  readonly schema: 'wan.job/v1';
  /** 12 hex digits. */
  readonly id: string;
  /** Rises with each job of a root: its age, whatever the clock says. */
  readonly seq: number;
  readonly request: JobRequest;
  /** "ensure t2v-A14B@2.2.0" */
  readonly label: string;
  readonly state: JobState;
  /** What was asked of it while it ran, and has not happened yet. */
  readonly wanted?: 'pause' | 'cancel';
  readonly priority: number;
  /** Of this job alone, on top of the limit that all share. */
  readonly limit_rate_bytes_per_second?: number;
  readonly origin: JobOrigin;
  readonly correlation_id: string;
  /** W3C trace context of whoever submitted it. */
  readonly traceparent?: string;
  /** Digests of the Idempotency-Key and of what was asked with it. */
  readonly idempotency?: { readonly key: string; readonly request: string };
  readonly created_at: string;
  /** Of the last attempt. */
  readonly started_at?: string;
  readonly finished_at?: string;
  /** It failed in a way that may pass by itself: it is not begun before this. */
  readonly retry_at?: string;
  /** How often it was begun. */
  readonly attempts: number;
  /** Failed tries since somebody last asked for one. */
  readonly failures: number;
  /** How often in a row its process died while it ran, and it had come no further. */
  readonly deaths?: number;
  /** Bytes held, or read; never goes down. */
  readonly done_bytes: number;
  readonly total_bytes: number;
  readonly result?: JobResult;
  /** Of the last failed try. */
  readonly error?: ErrorDocument;
  readonly summary?: JobSummary;
}

/** How far a job is that runs. Lost with the power, it is told anew within a second. */
export interface JobProgress {
  readonly id: string;
  readonly phase: Phase;
  readonly done_bytes: number;
  readonly total_bytes: number;
  readonly bytes_per_second: number;
  readonly updated_at: string;
  readonly summary: JobSummary;
}

export const isFinished = ({ state }: Pick<JobRecord, 'state'>): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'cancelled';

/** "has failed", "is paused" */
export const statePhrase = (state: JobState): string => `${state === 'succeeded' || state === 'failed' ? 'has' : 'is'} ${state}`;

const ID = /^[0-9a-f]{12}$/;
export const isJobId = (text: string): boolean => ID.test(text);

/** The model that a job is about; undefined for those of the whole store. */
export const modelOf = (request: JobRequest): string | undefined => ('model' in request ? request.model : undefined);
