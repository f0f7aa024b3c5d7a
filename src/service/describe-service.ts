/** What a service would serve, and to whom. */
import type { Config } from '../config/config.ts';
import { requireManifestPath } from '../config/require-manifest-path.ts';
import { requireModelsRoot } from '../config/require-models-root.ts';
import { ApiTokens } from '../credentials/api-tokens.ts';
import type { ModelOrchestrator } from '../orchestrator/api.ts';
import { anonymousAt } from './binding.ts';
import type { About } from './thread/protocol.ts';

/** @throws ModelError where configuration or manifest cannot be used */
export async function describeService(config: Config, orchestrator: Pick<ModelOrchestrator, 'listModels'>): Promise<About> {
  const known = new ApiTokens(config);
  const { tokens } = await known.list();
  const configured = anonymousAt(config);
  return {
    models_root: requireModelsRoot(config),
    manifest: requireManifestPath(config),
    model_count: (await orchestrator.listModels()).length,
    token_count: tokens.length,
    anonymous: configured === 'auto' ? ((await known.wereMade()) ? 'none' : 'read') : configured,
  };
}
