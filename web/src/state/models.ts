/** Every model of the manifest, and what is pinned. */
import { ask } from '../api/ask.ts';
import type { Model, ModelList, Pin } from '../api/wire.ts';
import { Resource } from './resource.ts';

const PAGE = 1000;

/** All pages: filters and order are the page's own, and answer at once. */
async function allModels(signal: AbortSignal): Promise<readonly Model[]> {
  const models: Model[] = [];
  for (let total = 1; models.length < total; ) {
    const page = await ask<ModelList>(`/models?limit=${PAGE}&offset=${models.length}`, { signal });
    if (page.models.length === 0) break;
    models.push(...page.models);
    total = page.total;
  }
  return models;
}

export const models = new Resource(allModels);
export const pins = new Resource(async (signal) => (await ask<{ readonly pins: readonly Pin[] }>('/pins', { signal })).pins);
