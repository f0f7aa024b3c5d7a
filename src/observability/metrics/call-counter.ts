/** The events of one call -> what they count. Keeps what belongs together: a download's start, its bytes, its end. */
import type { EventBody, ModelEvent } from '../../domain/events.ts';
import type { Count } from '../../domain/metrics.ts';
import { isModelName, isModelVersion } from '../../domain/model-ref.ts';
import { modelFields } from '../model-fields.ts';
import { type CountedMetric, DURATION_BUCKETS } from './catalog.ts';
import { sourceLabel } from './source-label.ts';

type Of<Type extends EventBody['type']> = Extract<ModelEvent, { readonly type: Type }>;

interface ModelLabels {
  readonly id: string;
  readonly variant: string;
}

/** Errors of names that nobody bounds: whatever was typed. */
const UNNAMED: ReadonlySet<string> = new Set(['MODEL_NOT_FOUND', 'VARIANT_NOT_FOUND', 'INVALID_MODEL_ID']);

const NO_MODEL: ModelLabels = { id: '', variant: '' };
/** Faults of bytes: a file that is not there, or that nothing can prove, is none. */
const BAD_BYTES: ReadonlySet<string> = new Set(['digest', 'size']);

export class CallCounter {
  /** Bytes by source of each download under way, by model. */
  readonly #downloads = new Map<string, Map<string, number>>();

  take(event: ModelEvent): readonly Count[] {
    const model = modelLabels(event);
    switch (event.type) {
      case 'ensure.planned':
        return event.fetchBytes > 0 ? this.#started(model) : [];
      case 'file.received':
        return this.#received(model, event);
      case 'ensure.finished':
        return this.#finished(model, event);
      case 'ensure.failed':
        return this.#ended(model, event.error.code === 'CANCELLED' ? 'cancelled' : 'failed').counts;
      case 'source.failed':
        return [one('model_errors_total', event.error.code, model.id, sourceLabel(event.source))];
      case 'source.lied':
        return [one('integrity_failures_total', model.id, event.file)];
      case 'verify.file':
        return BAD_BYTES.has(event.fault ?? '') ? [one('integrity_failures_total', model.id, event.file)] : [];
      case 'gc.finished':
        return [
          one('garbage_collection_runs_total', event.trigger),
          { metric: 'garbage_collection_bytes_reclaimed', labels: [event.trigger], values: [event.reclaimedBytes] },
        ];
      case 'act.failed':
        return failed(model, event);
      default:
        return [];
    }
  }

  /** Planned anew where bytes vanished meanwhile: still the same download. */
  #started(model: ModelLabels): Count[] {
    if (this.#downloads.has(keyOf(model))) return [];
    this.#downloads.set(keyOf(model), new Map());
    return [one('model_downloads_total', model.id, model.variant, '', 'started')];
  }

  #received(model: ModelLabels, { source, bytes }: Of<'file.received'>): Count[] {
    // Out of a bundle, or of another tool's folder: of several models, and over no network.
    if (model === NO_MODEL) return [];
    const label = sourceLabel(source);
    // Not planned where bytes that were here turned out to be wrong.
    const started = this.#started(model);
    const received = this.#downloads.get(keyOf(model));
    received?.set(label, (received.get(label) ?? 0) + bytes);
    return [...started, { metric: 'model_download_bytes_total', labels: [model.id, model.variant, label], values: [bytes] }];
  }

  #finished(model: ModelLabels, { durationMs }: Of<'ensure.finished'>): readonly Count[] {
    const { counts, source } = this.#ended(model, 'completed');
    if (source === undefined) return counts;
    const values = observed(durationMs / 1000);
    return [...counts, { metric: 'model_download_duration_seconds', labels: [model.id, model.variant, source], values }];
  }

  /** Nothing where no download was under way. */
  #ended(model: ModelLabels, status: 'completed' | 'failed' | 'cancelled'): { counts: readonly Count[]; source?: string } {
    const received = this.#downloads.get(keyOf(model));
    if (received === undefined) return { counts: [] };
    this.#downloads.delete(keyOf(model));
    const [[source] = ['']] = [...received].sort(([, a], [, b]) => b - a);
    return { counts: [one('model_downloads_total', model.id, model.variant, source, status)], source };
  }
}

/** A wish of the caller to stop is no error. */
function failed(model: ModelLabels, { error: { code } }: Of<'act.failed'>): Count[] {
  if (code === 'CANCELLED') return [];
  const timeouts = code === 'LOCK_TIMEOUT' ? [one('lock_timeouts_total', model.id)] : [];
  return [one('model_errors_total', code, UNNAMED.has(code) ? '' : model.id, ''), ...timeouts];
}

const one = (metric: CountedMetric, ...labels: readonly string[]): Count => ({ metric, labels, values: [1] });

/** One observation: how many, their sum, and a one in its bucket. */
const observed = (seconds: number): number[] => {
  const bucket = DURATION_BUCKETS.findIndex((bound) => seconds <= bound);
  return [1, seconds, ...DURATION_BUCKETS.map((_, index) => (index === bucket ? 1 : 0))];
};

const keyOf = ({ id, variant }: ModelLabels): string => `${id} ${variant}`;

/** Only what is a reference of a model becomes a label: other events name a folder, or what is being done. */
function modelLabels(event: ModelEvent): ModelLabels {
  const { model_id: id = '', variant = '' } = modelFields(event);
  const [name = '', version = ''] = id.split('@');
  return isModelName(name) && isModelVersion(version) ? { id, variant } : NO_MODEL;
}
