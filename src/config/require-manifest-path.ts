import { ModelError } from '../domain/errors.ts';
import type { Config } from './config.ts';

/** @throws ModelError MISSING_MANIFEST that says where was looked when none is configured and none was found. */
export function requireManifestPath(config: Pick<Config, 'manifestPath' | 'cwd'>): string {
  if (config.manifestPath !== undefined) return config.manifestPath;
  throw new ModelError('MISSING_MANIFEST', `no models.toml or config/models.toml in ${config.cwd} or any directory above it`, {
    hint: 'begin one with `wan models add hf://org/name`, or name one: --manifest, or export WAN_MODELS_MANIFEST=/path/to/models.toml',
    details: { searched_from: config.cwd },
  });
}
