import type { ModelStatus } from '../../domain/status.ts';
import { healthOf } from '../../orchestrator/health/judge-health.ts';
import { megabytes } from '../../util/megabytes.ts';
import { statusWire } from '../../wire/status-wire.ts';
import type { Wire } from '../../wire/wire.ts';
import type { modelProgress } from '../contract/models.ts';
import { progressOf, statusNameOf } from './model-entry-wire.ts';

export function modelProgressWire(status: ModelStatus): Wire<typeof modelProgress> {
  const { ok: _, ...told } = statusWire(status);
  const health = { modelId: status.ref.modelId, variant: status.variant, health: healthOf(status), status };
  const progress = progressOf(health, status.totalBytes);
  return {
    ...told,
    model_id: status.ref.modelId,
    status: statusNameOf(health),
    progress_percent: Math.round(progress * 1000) / 10,
    downloaded_mb: megabytes(progress * status.totalBytes),
    total_mb: megabytes(status.totalBytes),
  };
}
