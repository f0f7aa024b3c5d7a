import { ModelError } from '../domain/errors.ts';
import type { Config } from './config.ts';

/** @throws ModelError INVALID_CONFIG with the line to paste when MODELS_ROOT is not configured. */
export function requireModelsRoot(config: Pick<Config, 'modelsRoot' | 'platform'>): string {
  if (config.modelsRoot !== undefined) return config.modelsRoot;
  const line = config.platform === 'win32' ? "$env:MODELS_ROOT = 'D:\\models'" : 'export MODELS_ROOT=/data/models';
  throw new ModelError('INVALID_CONFIG', 'MODELS_ROOT is not set: the directory that holds the models', {
    reason: 'models_root_missing',
    hint: `${line}   (or models_root in wan.toml, or --root)`,
    details: { key: 'models_root', example: line },
  });
}
