/** Health where nothing can be looked at: all that is known, as it was, and that it is of then. Pure. */
import type { ErrorDocument } from '../../domain/errors.ts';
import { worstHealth } from '../../domain/health.ts';
import type { Wire } from '../../wire/wire.ts';
import type { modelHealth, modelsHealth, oneModelHealth, storageHealth } from '../contract/health.ts';
import type { KnownName } from '../thread/protocol.ts';
import type { Asked } from '../wire/health-wire.ts';
import { toldError } from '../wire/told-errors.ts';

type ModelWire = Wire<typeof modelHealth>;

export interface Unseen {
  readonly error: ErrorDocument;
  readonly asked: Asked;
}

export function toldModels(
  last: Wire<typeof modelsHealth> | undefined,
  names: readonly KnownName[],
  { error, asked }: Unseen,
): Wire<typeof modelsHealth> {
  const known = last === undefined ? names.map(neverSeen) : Object.values(last.models);
  const models = known.map((model) => unseen(model, error));
  return {
    ...{ status: worstHealth(['degraded', ...models.map(({ health }) => health)]), timestamp: new Date().toISOString(), dry_run: true },
    complete: false,
    models: Object.fromEntries(models.map((model) => [model.model_id, model])),
    total_models: models.length,
    ...{ healthy_models: 0, missing_models: 0, partial_models: 0, corrupt_models: 0, error_models: 0 },
    unknown_models: models.length,
    total_bytes_needed: models.reduce((sum, { bytes_needed }) => sum + bytes_needed, 0),
    response_time_ms: asked.responseMs,
    correlation_id: asked.correlationId,
  };
}

/** Undefined: no model of that name was seen yet. */
export function toldModel(models: Wire<typeof modelsHealth>, id: string, { asked }: Unseen): Wire<typeof oneModelHealth> | undefined {
  const found = models.models[id] ?? Object.values(models.models).find(({ model_id }) => model_id.startsWith(`${id}@`));
  if (found === undefined) return undefined;
  const { timestamp } = models;
  return { ...found, timestamp, correlation_id: asked.correlationId, status_detail: null, components: [], files: [] };
}

export function toldStorage(
  last: Wire<typeof storageHealth> | undefined,
  root: string,
  { error, asked }: Unseen,
): Wire<typeof storageHealth> {
  const parts = ['usage', 'tiers', 'sources'];
  return {
    ...{ root, disk: null, quotas: [], tiers: [], backends: [], ...last },
    ...{ status: 'error', timestamp: new Date().toISOString(), not_looked: parts },
    errors: parts.map((part) => ({ part, error: toldError(error) })),
    response_time_ms: asked.responseMs,
    correlation_id: asked.correlationId,
  };
}

/** That a model was well is not to say that it is. */
const unseen = (model: ModelWire, error: ErrorDocument): ModelWire => ({
  ...model,
  health: model.health === 'error' ? 'error' : 'degraded',
  status: 'UNKNOWN',
  error_message: model.looked_at === null ? error.message : `${error.message}; at ${model.looked_at} it was ${model.status}`,
  error: toldError(error),
});

const neverSeen = ({ modelId, variant }: KnownName): ModelWire => ({
  ...{ model_id: modelId, variant, health: 'degraded', status: 'UNKNOWN', local_path: null, missing_files: [], faulty_files: [] },
  ...{ bytes_needed: 0, bytes_held: 0, last_verified: null, error_message: null, looked_at: null },
});
