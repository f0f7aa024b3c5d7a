/** Documents of `wan models jobs` and `wan models explain`; the service gives the same jobs. */
import { z } from 'zod';
import { JOB_KINDS, JOB_STATES, MAX_PRIORITY, STALL_MS, SUMMARY_ROWS } from '../domain/jobs.ts';
import { bytes, errorObject, sourceTrouble } from './envelope.ts';

const count = z.int().min(0);
const milliseconds = z.number().min(0);
const at = z.iso.datetime();
const source = z.string().meta({ description: 'redacted URL' });

const jobId = z
  .string()
  .regex(/^[0-9a-f]{12}$/)
  .meta({ description: '12 hex digits' });

const jobSummary = z.object({
  phase_ms: z
    .partialRecord(z.enum(['planning', 'waiting', 'transferring', 'deriving', 'verifying', 'publishing']), milliseconds)
    .meta({ description: 'time at work in each phase, over all attempts' }),
  fetched_bytes: bytes,
  files: z
    .partialRecord(z.enum(['present', 'linked', 'copied', 'fetched', 'made', 'derived']), count)
    .meta({ description: 'how many files came in which way' }),
  sources: z
    .array(
      z.object({
        source: z.string().meta({ description: 'redacted URL' }),
        files: count.meta({ description: 'whole ones that it gave, or a part of' }),
        bytes: bytes.meta({ description: 'that it sent so far, whatever became of them' }),
      }),
    )
    .meta({ description: `at most ${SUMMARY_ROWS}` }),
  troubles: z.array(sourceTrouble).meta({ description: `at most ${SUMMARY_ROWS}` }),
  liars: z.array(source).meta({ description: 'sources whose bytes were proven wrong' }),
  retries: count,
  retry_wait_ms: milliseconds.meta({ description: 'added up over connections that waited at the same time' }),
  waited_for: z.string().optional(),
  lock_wait_ms: milliseconds,
  stalls: count.meta({
    description: `times in which no piece was finished for ${STALL_MS} ms longer than those in flight take at the speed of before, or of the limit`,
  }),
  stalled_ms: milliseconds.meta({ description: 'beyond what they would have taken' }),
  longest_stall_ms: milliseconds,
  limit_bytes_per_second: bytes.optional(),
  limited_ms: milliseconds.meta({ description: 'time in which the speed was within a tenth of the limit' }),
  warnings: count,
});

export const jobDocument = z.object({
  id: jobId,
  seq: z.int().min(1).meta({ description: 'rises with each job of a root: its age, whatever the clock says' }),
  kind: z.enum(JOB_KINDS),
  model: z.string().optional().meta({ description: 'canonical reference' }),
  label: z.string(),
  state: z.enum(JOB_STATES),
  wanted: z.enum(['pause', 'cancel']).optional().meta({ description: 'what was asked of it while it ran, and has not happened yet' }),
  priority: z.int().min(-MAX_PRIORITY).max(MAX_PRIORITY),
  limit_rate_bytes_per_second: bytes.optional().meta({ description: 'of this job alone' }),
  origin: z.enum(['cli', 'http', 'schedule', 'library']),
  correlation_id: z.string().meta({ description: 'the same in every event and log line of its work' }),
  traceparent: z.string().optional().meta({ description: 'W3C trace context of whoever submitted it' }),
  created_at: at,
  started_at: at.optional().meta({ description: 'of the last attempt' }),
  finished_at: at.optional(),
  retry_at: at.optional().meta({ description: 'its last try failed in a way that may pass: it is begun again then' }),
  attempts: count,
  deaths: count.optional().meta({ description: 'how often in a row its process died while it ran, and it had come no further' }),
  failures: count.meta({ description: 'failed tries since somebody last asked for one' }),
  done_bytes: bytes.meta({ description: 'held, on their way, or read; never goes down' }),
  total_bytes: bytes,
  phase: z.string().optional().meta({ description: 'only while it runs' }),
  bytes_per_second: z.number().min(0).optional().meta({ description: 'only while it runs' }),
  eta_seconds: z.number().min(0).optional().meta({ description: 'only while bytes come' }),
  updated_at: at.optional().meta({ description: 'only while it runs: when it was last told how far it is' }),
  request: z.record(z.string(), z.unknown()).meta({ description: 'what is to be done' }),
  result: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  error: errorObject.partial({ attempts: true }).optional().meta({ description: 'of the last failed try' }),
  summary: jobSummary.optional(),
});

export const scheduleDocument = z.object({
  name: z.string(),
  times: z.string().meta({ description: 'five fields as cron has them, in local time' }),
  next_at: at.meta({ description: 'in the past: it is due, and comes once as soon as there is a runner' }),
  seen_at: at.optional().meta({ description: 'the last time that was seen to; absent: no runner has met this schedule' }),
});

const failedJob = z.object({ id: z.string(), ok: z.literal(false), error: errorObject });

export const jobsData = z.discriminatedUnion('action', [
  z.object({
    action: z.literal('list'),
    runner: z.boolean().meta({ description: 'whether a process lives that runs the jobs of this root' }),
    jobs: z
      .array(jobDocument)
      .meta({ description: 'what runs, then what waits in the order of its turn, then what has ended, the latest first' }),
    unreadable: z.array(z.string()).meta({ description: 'files in .state/jobs that hold no record' }),
    schedules: z.array(scheduleDocument),
  }),
  z.object({ action: z.literal('show'), job: jobDocument }),
  z.object({
    action: z.literal('add'),
    runner: z.boolean(),
    results: z.array(
      z.object({ ok: z.literal(true), is_new: z.boolean().meta({ description: 'false: it was queued already' }), job: jobDocument }),
    ),
  }),
  z.object({
    action: z.enum(['pause', 'resume', 'cancel', 'retry', 'priority', 'limit']),
    results: z.array(z.union([z.object({ ok: z.literal(true), job: jobDocument }), failedJob])),
  }),
  z.object({ action: z.literal('run'), succeeded: count, failed: count, jobs: z.array(jobDocument) }),
]);

export const explainData = z.object({
  job: jobDocument,
  worked_ms: milliseconds.meta({ description: 'time at work, over all attempts' }),
  main_cause: z.string().optional().meta({ description: 'what most of that went to' }),
  findings: z.array(
    z.object({
      cause: z.enum([
        'transfer',
        'limit',
        'stall',
        'lock',
        'derive',
        'read',
        'plan',
        'publish',
        'retry',
        'source',
        'wrong_bytes',
        'failed_try',
      ]),
      ms: milliseconds.optional().meta({ description: 'absent where it was not measured, or runs beside others' }),
      text: z.string(),
    }),
  ),
});
