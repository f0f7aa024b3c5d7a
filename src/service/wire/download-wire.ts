/** A job that makes a model real, in the words of callers who know downloads. */
import type { JobState } from '../../domain/jobs.ts';
import type { ModelSpec } from '../../domain/spec.ts';
import { megabytes } from '../../util/megabytes.ts';
import type { JobWire } from '../../wire/job-wire.ts';
import type { Wire } from '../../wire/wire.ts';
import type { download, downloadProgress } from '../contract/jobs.ts';

const STATUSES: Readonly<Record<JobState, Wire<typeof downloadProgress>['status']>> = {
  queued: 'pending',
  running: 'downloading',
  paused: 'pending',
  succeeded: 'available',
  failed: 'error',
  cancelled: 'pending',
};

/** @param nowMs for how long it runs already */
export function downloadProgressWire(job: JobWire, nowMs: number): Wire<typeof downloadProgress> {
  const { id, model = '', state, done_bytes: doneBytes, total_bytes: totalBytes, started_at: startedAt, finished_at: finishedAt } = job;
  const endMs = finishedAt === undefined ? nowMs : Date.parse(finishedAt);
  return {
    download_id: id,
    model_id: model,
    model_name: model.split('@')[0] ?? model,
    status: STATUSES[state],
    progress_percent: percentOf(job),
    downloaded_mb: megabytes(doneBytes),
    total_mb: megabytes(totalBytes),
    speed_mbps: megabytes(job.bytes_per_second ?? 0),
    elapsed_seconds: startedAt === undefined ? null : Math.max(0, Math.round((endMs - Date.parse(startedAt)) / 100) / 10),
    eta_seconds: job.eta_seconds ?? null,
    error_message: job.error?.message ?? null,
  };
}

/** 100 only of what has succeeded. */
function percentOf({ state, done_bytes: done, total_bytes: total }: JobWire): number {
  if (state === 'succeeded') return 100;
  return total === 0 ? 0 : Math.min(99.9, Math.floor((1000 * done) / total) / 10);
}

export function downloadWire(
  job: JobWire,
  { spec, isNew, nowMs }: { spec: ModelSpec; isNew: boolean; nowMs: number },
): Wire<typeof download> {
  const progress = downloadProgressWire(job, nowMs);
  const [name = '', version = ''] = spec.modelId.split('@');
  return {
    ...progress,
    ...{ id: spec.modelId, name, version, variant: spec.variant, job },
    size_bytes: spec.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    download_progress: progress.progress_percent / 100,
    result: isNew ? 'started' : 'exists',
    message: isNew ? `${job.label} is queued as job ${job.id}` : `${job.label} is job ${job.id} already, and ${job.state}`,
  };
}
