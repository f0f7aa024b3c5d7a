/** One round over all models of the manifest, told as it goes, so that whoever cannot wait for its end has what there is. */
import { asModelError } from '../../domain/errors.ts';
import type { ModelHealth } from '../../domain/health.ts';
import type { ModelSummary } from '../../domain/spec.ts';
import type { Clock } from '../../domain/world.ts';
import { turns } from '../../util/turns.ts';
import type { ModelOrchestrator } from '../api.ts';
import { healthOf } from './judge-health.ts';

export interface LookAtModels {
  readonly orchestrator: Pick<ModelOrchestrator, 'status'>;
  readonly clock: Clock;
  readonly onModel: (model: ModelHealth) => void;
}

export async function lookAtModels(models: readonly ModelSummary[], { orchestrator, clock, onModel }: LookAtModels): Promise<void> {
  const turn = turns(() => clock.monotonic());
  for (const model of models) {
    onModel(await lookAtModel(model, { orchestrator, clock }));
    await turn();
  }
}

/** What cannot be told of one model keeps nothing from being told of the others. */
async function lookAtModel(
  { modelId, defaultVariant }: ModelSummary,
  { orchestrator, clock }: Pick<LookAtModels, 'orchestrator' | 'clock'>,
): Promise<ModelHealth> {
  const lookedAtMs = clock.now();
  try {
    const status = await orchestrator.status(modelId);
    return { modelId, variant: status.variant, health: healthOf(status), status, lookedAtMs };
  } catch (error) {
    return { modelId, variant: defaultVariant, health: 'error', error: asModelError(error).toJSON(), lookedAtMs };
  }
}
