import type { ModelHealth, ModelsHealth } from '../../domain/health.ts';
import { ModelState } from '../../domain/status.ts';
import { noteWire } from '../../wire/smoke-wire.ts';
import type { Wire } from '../../wire/wire.ts';
import type { modelHealth, modelsHealth } from '../contract/health.ts';
import { toldError } from './told-errors.ts';

type ModelHealthWire = Wire<typeof modelHealth>;

/** What every answer of /health says of itself. */
export interface Asked {
  readonly correlationId: string;
  readonly responseMs: number;
}

export function modelsHealthWire(
  { health, models, isWhole }: ModelsHealth,
  { correlationId, responseMs }: Asked,
): Wire<typeof modelsHealth> {
  const all = models.map(modelHealthWire);
  const having = (...states: readonly ModelHealthWire['status'][]): number => all.filter(({ status }) => states.includes(status)).length;
  return {
    status: health,
    timestamp: new Date().toISOString(),
    dry_run: true,
    complete: isWhole,
    models: Object.fromEntries(all.map((model) => [model.model_id, model])),
    total_models: all.length,
    healthy_models: having(ModelState.COMPLETE, ModelState.VERIFYING),
    missing_models: having(ModelState.NOT_PRESENT),
    partial_models: having(ModelState.PARTIAL),
    corrupt_models: having(ModelState.CORRUPT),
    error_models: having('ERROR'),
    unknown_models: having('UNKNOWN'),
    total_bytes_needed: all.reduce((sum, { bytes_needed }) => sum + bytes_needed, 0),
    response_time_ms: responseMs,
    correlation_id: correlationId,
  };
}

export const modelHealthWire = ({ modelId, variant, health, status, error, lookedAtMs }: ModelHealth): ModelHealthWire => ({
  model_id: modelId,
  variant,
  health,
  status: status?.state ?? (error === undefined ? 'UNKNOWN' : 'ERROR'),
  local_path: status?.path ?? null,
  missing_files: status?.missingFiles ?? [],
  faulty_files: (status?.faultyFiles ?? []).map(({ path, fault, sizeBytes }) => ({ path, fault, size_bytes: sizeBytes })),
  bytes_needed: status?.bytesNeeded ?? 0,
  bytes_held: status?.bytesHeld ?? 0,
  last_verified: status?.verifiedAt ?? null,
  ...(status?.smoke && { smoke: noteWire(status.smoke) }),
  error_message: error?.message ?? null,
  ...(error && { error: toldError(error) }),
  looked_at: lookedAtMs === undefined ? null : new Date(lookedAtMs).toISOString(),
});
