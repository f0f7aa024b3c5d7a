/** The models of the manifest with what was seen of them: what lists, details and statistics are made from. */
import { stat } from 'node:fs/promises';
import { fsError } from '../domain/fs-error.ts';
import type { ServiceContext } from './service-context.ts';
import type { KnownModel } from './wire/model-entry-wire.ts';

export interface KnownModels {
  readonly models: readonly KnownModel[];
  /** False: there was no time to look at every model. */
  readonly isWhole: boolean;
}

export async function knownModels({ health, config }: ServiceContext, budgetMs?: number): Promise<KnownModels> {
  const seen = await health.models(budgetMs === undefined ? {} : { budgetMs });
  const healthOf = new Map(seen.models.map((model) => [model.modelId, model]));
  const writtenAt = await manifestWrittenAt(config);
  const models = (await health.listed()).flatMap((summary) => {
    const one = healthOf.get(summary.modelId);
    return one === undefined ? [] : [{ summary, health: one, writtenAt }];
  });
  return { models, isWhole: seen.isWhole };
}

export async function manifestWrittenAt({ manifestPath = '' }: ServiceContext['config']): Promise<string> {
  try {
    return (await stat(manifestPath)).mtime.toISOString();
  } catch (error) {
    throw fsError(error, `look at ${manifestPath}`);
  }
}
