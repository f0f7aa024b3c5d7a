/** The models of the manifest with what was seen of them: what lists, details and statistics are made from. */
import { stat } from 'node:fs/promises';
import { fsError } from '../domain/fs-error.ts';
import { hasFiles, type RegistryEntry } from '../domain/registry-entry.ts';
import type { ServiceContext } from './service-context.ts';
import type { KnownModel } from './wire/model-entry-wire.ts';

export interface KnownModels {
  readonly models: readonly KnownModel[];
  /** Registered, and nothing of them is here or could be: not uploaded yet, or removed. */
  readonly bare: readonly RegistryEntry[];
  /** False: there was no time to look at every model. */
  readonly isWhole: boolean;
}

export async function knownModels({ health, config, orchestrator }: ServiceContext, budgetMs?: number): Promise<KnownModels> {
  const seen = await health.models(budgetMs === undefined ? {} : { budgetMs });
  const healthOf = new Map(seen.models.map((model) => [model.modelId, model]));
  const writtenAt = await manifestWrittenAt(config);
  const entries = new Map((await orchestrator.entries()).map((entry) => [entry.modelId, entry]));
  const models = (await health.listed()).flatMap((summary) => {
    const one = healthOf.get(summary.modelId);
    const entry = entries.get(summary.modelId);
    return one === undefined ? [] : [{ summary, health: one, writtenAt, ...(entry && { entry }) }];
  });
  const bare = [...entries.values()].filter((entry) => entry.isCustom && !hasFiles(entry));
  return { models, bare, isWhole: seen.isWhole };
}

export async function manifestWrittenAt({ manifestPath = '' }: ServiceContext['config']): Promise<string> {
  try {
    return (await stat(manifestPath)).mtime.toISOString();
  } catch (error) {
    throw fsError(error, `look at ${manifestPath}`);
  }
}
