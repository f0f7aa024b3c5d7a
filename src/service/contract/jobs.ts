/** Documents and questions of /jobs, and of the routes by which older callers download. */
import { z } from 'zod';
import { bytes } from '../../documents/envelope.ts';
import { jobDocument, scheduleDocument } from '../../documents/jobs.ts';
import { JOB_KINDS, JOB_PRIORITIES, JOB_STATES, MAX_PRIORITY } from '../../domain/jobs.ts';
import { jobRequestSchema } from '../../jobs/job-request.ts';
import { whole } from './query.ts';

const count = z.int().min(0);

/** @throws nothing: a name becomes its number */
export const priority = z
  .union([z.int().min(-MAX_PRIORITY).max(MAX_PRIORITY), z.enum(['low', 'normal', 'high']).transform((name) => JOB_PRIORITIES[name])])
  .meta({ description: 'low, normal, high, or a number; higher ones run first' });

const limitRate = z.int().min(1).meta({ description: 'bytes a second of this job alone, on top of the limit that all share' });

/** A key is between the caller and us: the same one again is the same job. */
export const idempotencyHeaders = z.object({ 'idempotency-key': z.string().min(1).max(255).optional() });

export const jobParams = z.object({ id: z.string().min(1).max(64).meta({ description: 'of a job, or its first digits' }) });

export const jobsQuery = z.object({
  state: z.enum(JOB_STATES).optional(),
  kind: z.enum(JOB_KINDS).optional(),
  limit: whole(1, 500).default(100),
  offset: whole(0, 1_000_000).default(0),
});

export const jobList = z.object({
  jobs: z
    .array(jobDocument)
    .meta({ description: 'what runs, then what waits in the order of its turn, then what has ended, the latest first' }),
  total: count.meta({ description: 'that match, on all pages' }),
  limit: z.int().min(1),
  offset: count,
  runner: z.boolean().meta({ description: 'whether a process lives that runs the jobs of this root' }),
  schedules: z.array(scheduleDocument),
});

const extras = { priority: priority.optional(), limit_rate_bytes_per_second: limitRate.optional() };
const [ensure, verify, repair, gc, scrub, lock] = jobRequestSchema.options;

/** As {@link jobRequestSchema}, with what steers the job. */
export const newJob = z.discriminatedUnion('kind', [
  ensure.extend(extras),
  verify.extend(extras),
  repair.extend(extras),
  gc.extend(extras),
  scrub.extend(extras),
  lock.extend(extras),
]);

export const submittedJob = z.object({
  is_new: z.boolean().meta({ description: 'false: the same was queued already, or its Idempotency-Key is known' }),
  job: jobDocument,
});

export const jobChanges = z
  .strictObject({
    priority: priority.optional(),
    limit_rate_bytes_per_second: limitRate.nullable().optional().meta({ description: 'null: none of its own' }),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'says nothing');

const text = z.string().max(512).nullish();
/** Not more than a model is needed; what nobody knows, and what is not said (`null`), is let through: every caller sends something else. */
export const downloadRequest = z.looseObject({
  ...{ model_id: text, model_name: text, name: text, variant: text },
  force: z.boolean().nullish(),
  force_download: z.boolean().nullish(),
  priority: priority.nullish(),
  components: z.array(z.string().max(512)).max(100).nullish(),
  limit_rate_bytes_per_second: limitRate.nullish(),
});

export const downloadProgress = z.object({
  download_id: z.string().nullable().meta({ description: 'of the job; null: nobody has asked for one' }),
  model_id: z.string(),
  model_name: z.string(),
  status: z.enum(['pending', 'downloading', 'available', 'error', 'deleted']),
  progress_percent: z.number().min(0).max(100),
  downloaded_mb: z.number().min(0),
  total_mb: z.number().min(0),
  speed_mbps: z.number().min(0).meta({ description: 'megabytes a second' }),
  elapsed_seconds: z.number().min(0).nullable(),
  eta_seconds: z.number().min(0).nullable(),
  error_message: z.string().nullable(),
});

export const download = downloadProgress.extend({
  id: z.string(),
  name: z.string(),
  version: z.string(),
  variant: z.string(),
  size_bytes: bytes,
  download_progress: z.number().min(0).max(1),
  result: z.enum(['started', 'exists']).meta({ description: 'exists: the same was queued already' }),
  message: z.string(),
  job: jobDocument,
});

/** As older callers expect of everything that is done. */
export const done = z.object({
  success: z.literal(true),
  message: z.string(),
  data: z.object({ download_ids: z.array(z.string()) }),
  error: z.null(),
});
