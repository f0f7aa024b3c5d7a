/** The queue of a root, and what runs it, put together from a configuration. */
import { createOrchestrator } from '../compose.ts';
import type { Config } from '../config/config.ts';
import { liveLimitRate } from '../config/live-limit-rate.ts';
import type { EventSink } from '../domain/events.ts';
import { type JobRecord, modelOf } from '../domain/jobs.ts';
import { jobChanged } from '../jobs/job-changed.ts';
import { JobQueue } from '../jobs/job-queue.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import { type Schedule, type ScheduleState, Schedules } from '../jobs/schedules.ts';
import { newCorrelationId } from '../observability/correlation-id.ts';
import { createEventBus } from '../observability/event-bus.ts';
import { rateAt } from '../util/rate-schedule.ts';
import { configuredStore } from './store-context.ts';

/** Before the second try of a job that failed. */
const RETRY_DELAY_MS = 30_000;
const MIN_MEMORY_BYTES = 16 * 1024 * 1024;

/** Opens nothing yet. @throws ModelError INVALID_CONFIG without MODELS_ROOT */
export const openJobQueue = (config: Config): JobQueue => new JobQueue(configuredStore(config));

/** Times that are configured, with what is known of their past. Changes nothing. */
export const scheduleStates = (config: Config): readonly ScheduleState[] =>
  new Schedules(configuredStore(config), schedulesOf(config)).states();

export interface JobRunnerOptions {
  /** Receive every event of every job. */
  readonly sinks?: readonly EventSink[];
  readonly onChange?: (job: JobRecord) => void;
}

export function createJobRunner(config: Config, { sinks = [], onChange }: JobRunnerOptions = {}): JobRunner {
  const context = configuredStore(config);
  const queue = new JobQueue(context);
  const ownConfig = { ...config, memoryBudgetBytes: memoryShare(config) };
  const limitRate = liveLimitRate(config);
  const bus = createEventBus({ clock: context.clock, sinks });
  const tell = (job: JobRecord): void => {
    const { correlation_id: correlationId, traceparent, request } = job;
    const model = modelOf(request);
    const emit = bus.emitFor({
      correlationId,
      ...(model !== undefined && { model }),
      ...(traceparent !== undefined && { traceparent }),
    });
    emit(jobChanged(job, context.clock.now()));
  };
  return new JobRunner({
    context,
    queue,
    schedules: new Schedules(context, schedulesOf(config)),
    submitScheduled: ({ request, name }: Schedule, idempotencyKey) =>
      queue.submit({ request, label: name }, { origin: 'schedule', correlationId: newCorrelationId(), idempotencyKey }),
    workOf: ({ traceparent }) => ({
      open: (rateCap) => createOrchestrator(ownConfig, { sinks, rateCap, ...(traceparent !== undefined && { traceparent }) }),
      sharedLimit: async () => rateAt((await limitRate()) ?? [], new Date(context.clock.now())),
      inFlightBytes: config.connections * config.pieceBytes,
      records: queue.records,
      clock: context.clock,
    }),
    concurrency: config.maxConcurrentJobs,
    retry: { attempts: config.jobAttempts, delayMs: RETRY_DELAY_MS },
    onChange: (job) => {
      onChange?.(job);
      tell(job);
    },
    onTrouble: ({ code, message }) => bus.emitFor({ correlationId: newCorrelationId() })({ type: 'warning', code, message }),
  });
}

/** The budget is that of the process: jobs at work at the same time share it. */
const memoryShare = ({ memoryBudgetBytes, maxConcurrentJobs }: Config): number =>
  Math.max(MIN_MEMORY_BYTES, Math.floor(memoryBudgetBytes / maxConcurrentJobs));

function schedulesOf({ gcSchedule, scrubSchedule, scrubMaxAgeMs }: Config): readonly Schedule[] {
  return [
    ...(gcSchedule === undefined ? [] : [{ name: 'gc', times: gcSchedule, request: { kind: 'gc' as const } }]),
    ...(scrubSchedule === undefined
      ? []
      : [
          {
            name: 'scrub',
            times: scrubSchedule,
            request: { kind: 'scrub' as const, ...(scrubMaxAgeMs > 0 && { max_age_ms: scrubMaxAgeMs }) },
          },
        ]),
  ];
}
