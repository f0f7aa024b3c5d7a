import type { explainData, jobDocument, jobsData } from '../documents/jobs.ts';
import { type JobProgress, type JobRecord, modelOf } from '../domain/jobs.ts';
import type { JobExplanation } from '../jobs/explain.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { ScheduleState } from '../jobs/schedules.ts';
import type { Wire } from './wire.ts';

export type JobWire = Wire<typeof jobDocument>;

/** As it is now: of a job that runs, with how far it is. */
export const shownJob = (queue: Pick<JobQueue, 'progress'>, job: JobRecord): JobWire =>
  jobWire(job, job.state === 'running' ? queue.progress(job.id) : undefined);

/** @param progress of a job that runs */
function jobWire({ schema: _, idempotency: __, request, ...job }: JobRecord, progress?: JobProgress): JobWire {
  const { kind, ...asked } = request;
  const model = modelOf(request);
  return { ...job, kind, ...(model !== undefined && { model }), request: asked, ...(progress && progressWire(job, progress)) };
}

/** The record knows of bytes only what was so when it was written. */
function progressWire(job: Pick<JobRecord, 'done_bytes' | 'total_bytes'>, progress: JobProgress) {
  const { phase, bytes_per_second, updated_at, summary } = progress;
  const done_bytes = Math.max(job.done_bytes, progress.done_bytes);
  const total_bytes = Math.max(job.total_bytes, progress.total_bytes);
  const isMoving = bytes_per_second >= 1 && total_bytes > done_bytes;
  const eta = isMoving ? { eta_seconds: Math.ceil((total_bytes - done_bytes) / bytes_per_second) } : {};
  return { done_bytes, total_bytes, phase, bytes_per_second, updated_at, summary, ...eta };
}

export const scheduleWire = ({
  schedule,
  next,
  seenAt,
}: ScheduleState): Extract<Wire<typeof jobsData>, { action: 'list' }>['schedules'][number] => ({
  name: schedule.name,
  times: schedule.times.text,
  next_at: next.toISOString(),
  ...(seenAt !== undefined && { seen_at: seenAt }),
});

export const explainWire = ({ findings, worked_ms, main_cause }: JobExplanation, job: JobWire): Wire<typeof explainData> => ({
  job,
  worked_ms,
  ...(main_cause !== undefined && { main_cause }),
  findings,
});
