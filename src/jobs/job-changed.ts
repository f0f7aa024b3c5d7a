/** A job's record -> what is told of its change. Pure. */
import type { EventBody } from '../domain/events.ts';
import type { JobRecord } from '../domain/jobs.ts';

export function jobChanged(job: JobRecord, nowMs: number): Extract<EventBody, { type: 'job.changed' }> {
  const { id, label, state, attempts, error } = job;
  return { type: 'job.changed', id, label, state, attempts, ...(error && { error }), ...(state !== 'running' && measured(job, nowMs)) };
}

/** The clock may have been set back meanwhile. */
function measured({ started_at: startedAt, finished_at: finishedAt, summary }: JobRecord, nowMs: number) {
  const endedMs = finishedAt === undefined ? nowMs : Date.parse(finishedAt);
  return {
    ...(startedAt !== undefined && { durationMs: Math.max(0, endedMs - Date.parse(startedAt)) }),
    ...(summary && {
      fetchedBytes: summary.fetched_bytes,
      fetchedFiles: summary.files.fetched ?? 0,
      sources: summary.sources.map(({ source }) => source),
    }),
  };
}
