/** `list`: what the manifest defines, and what proves the models of it that are here. */
import { weakestProof } from '../domain/proof.ts';
import type { ModelSummary } from '../domain/spec.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import { checkStore } from '../store/open-store.ts';
import { listSnapshots, readSnapshot } from '../store/snapshots.ts';
import { coldNames, hasCold, readCold } from '../store/tier-records.ts';
import type { ListOptions } from './api.ts';
import type { Orchestration } from './orchestration.ts';

/** Reads one record a model, of its default variant: whether its files are still as they were is told by `status`. */
export async function listModels(work: Orchestration, { manifestOnly = false }: ListOptions = {}): Promise<readonly ModelSummary[]> {
  const registry = await work.registry();
  if (manifestOnly) return registry.listModels();
  checkStore(work.store);
  const here = new Set(listSnapshots(work.store));
  const cold = coldNames(work.store);
  return registry.listModels().map((summary) => listed(work, { registry, here, cold, summary }));
}

interface Listing {
  readonly registry: ModelRegistry;
  /** Directories: of thousands of models in a manifest most are not here, and asking for each costs more than all else. */
  readonly here: ReadonlySet<string>;
  /** Names of records. */
  readonly cold: ReadonlySet<string>;
  readonly summary: ModelSummary;
}

function listed({ store }: Orchestration, { registry, here, cold, summary }: Listing): ModelSummary {
  const ref = registry.resolve(summary.modelId);
  const directory = store.resolver.modelDir(summary.family, ref);
  if (!here.has(directory)) {
    const known = hasCold(store, cold, summary.family, ref) ? readCold(store, summary.family, ref) : undefined;
    return known === undefined ? summary : { ...summary, tier: known.tier };
  }
  const proof = weakestProof((readSnapshot(store, directory)?.files ?? []).map((file) => file.proof));
  return { ...summary, ...(proof && { proof }) };
}
