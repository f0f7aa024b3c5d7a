/** The metrics by their published names: what each counts, and its labels. Names and labels are a contract with dashboards. */

export interface MetricFamily {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

/** Upper bounds in seconds, of a whole model. Never change them: counts on disk are by place. */
export const DURATION_BUCKETS = [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14_400, 43_200] as const;

/** Kept on disk, over all processes. */
export const COUNTED = {
  model_downloads_total: {
    type: 'counter',
    help: 'Downloads of models: started, completed, failed, cancelled. The source is the one that most bytes came from; empty where none came, and at the start.',
    labels: ['model_id', 'variant', 'source', 'status'],
  },
  model_download_duration_seconds: {
    type: 'histogram',
    help: 'How long completed downloads of models took.',
    labels: ['model_id', 'variant', 'source'],
  },
  model_download_bytes_total: {
    type: 'counter',
    help: 'Bytes that sources sent, of failed downloads too.',
    labels: ['model_id', 'variant', 'source'],
  },
  garbage_collection_runs_total: {
    type: 'counter',
    help: 'Garbage collections that ran, by what made them run.',
    labels: ['trigger_reason'],
  },
  garbage_collection_bytes_reclaimed: {
    type: 'counter',
    help: 'Bytes that garbage collections gave back to the file system.',
    labels: ['trigger_reason'],
  },
  model_errors_total: {
    type: 'counter',
    help: 'Verbs that ended with an error (no source), and sources that failed while the work went on from the next one.',
    labels: ['error_code', 'model_id', 'source'],
  },
  lock_timeouts_total: {
    type: 'counter',
    help: 'Verbs that gave up waiting for a lock.',
    labels: ['model_id'],
  },
  integrity_failures_total: {
    type: 'counter',
    help: 'Files found with other bytes than they should have: by verify, repair and scrub, and as sources sent them.',
    labels: ['model_id', 'file_path'],
  },
} as const satisfies Record<string, MetricFamily>;

/** Looked up when somebody asks. `model_storage_bytes_used` is bytes on disk, as `du` says; what two families share counts for both. */
export const MEASURED = {
  model_storage_bytes_used: { type: 'gauge', help: 'Bytes on disk that the models of a family hold.', labels: ['model_family'] },
  model_storage_files_total: { type: 'gauge', help: 'Files of the models of a family.', labels: ['model_family'] },
  model_smoke_passed: {
    type: 'gauge',
    help: '1 where the last smoke test of the files as they are passed, 0 where the model is at fault. No line: not tested, or packages, memory or time were missing.',
    labels: ['model_id', 'variant', 'device'],
  },
  model_smoke_timestamp_seconds: {
    type: 'gauge',
    help: 'When that smoke test ended.',
    labels: ['model_id', 'variant', 'device'],
  },
} as const satisfies Record<string, MetricFamily>;

/** Of a service itself: only its own `/metrics` tell it. */
export const OF_SERVICE = {
  wan_service_unresponsive_seconds: {
    type: 'gauge',
    help: 'For how long a file system of the models, or of a source, has not answered the service; 0 while they do.',
    labels: [],
  },
} as const satisfies Record<string, MetricFamily>;

export type CountedMetric = keyof typeof COUNTED;
export type MeasuredMetric = keyof typeof MEASURED;

/** All that is exported of a root, in this order. */
export const METRICS: Readonly<Record<string, MetricFamily>> = { ...COUNTED, ...MEASURED };
