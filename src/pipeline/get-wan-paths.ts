/** `getWanPaths`: what pipelines call instead of knowing a path. */
import type { EnsureOptions, ModelOrchestrator } from '../orchestrator/api.ts';

export interface WanPathsOptions extends Omit<EnsureOptions, 'overlays'> {
  /** A LoRA or another overlay of the manifest; several apply in the order given. */
  readonly overlay?: string | readonly string[];
}

/**
 * The absolute path of a model's complete, proven directory: fetched first where it is not here.
 * @throws ModelError INVALID_MODEL_ID, MODEL_NOT_FOUND, VARIANT_NOT_FOUND before anything is fetched; whatever keeps it from being fetched
 */
export function getWanPaths(orchestrator: ModelOrchestrator, modelId: string, options: WanPathsOptions = {}): Promise<string> {
  const { overlay, ...rest } = options;
  const overlays = overlay === undefined ? undefined : typeof overlay === 'string' ? [overlay] : overlay;
  return orchestrator.ensure(modelId, { ...rest, ...(overlays && { overlays }) });
}
