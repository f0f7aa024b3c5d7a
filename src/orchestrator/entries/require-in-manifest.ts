import { ModelError } from '../../domain/errors.ts';
import type { ModelRegistry } from '../../registry/model-registry.ts';

/** For what is made of the manifest's own text. @throws ModelError INVALID_INPUT with reason model_of_registry */
export function requireInManifest(registry: ModelRegistry, modelId: string, cannot: string): void {
  if (registry.isInManifest(modelId)) return;
  throw new ModelError('INVALID_INPUT', `${modelId} is a model of the registry, not of the manifest: ${cannot}`, {
    reason: 'model_of_registry',
    hint: `\`wan models rm ${modelId}\` removes its files, with --unregister the model itself; \`wan models export\` copies it`,
    details: { model: modelId },
  });
}
