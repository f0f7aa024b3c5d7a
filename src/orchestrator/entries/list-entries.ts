/** Everything that is noted of models, as it counts now. */
import type { RegistryEntry } from '../../domain/registry-entry.ts';
import { knownEntries } from '../../registry/entries/read-entries.ts';
import type { ModelRegistry } from '../../registry/model-registry.ts';
import type { Orchestration } from '../orchestration.ts';

export async function listEntries(work: Orchestration): Promise<readonly RegistryEntry[]> {
  const entries = knownEntries(work.entriesPath);
  if (entries.size === 0) return [];
  const registry = await work.registry();
  return [...entries.values()].map((entry) => inForce(registry, entry));
}

/** Where the manifest has come to have a model that was uploaded, it defines it: what was said of it still counts. */
export const inForce = (registry: ModelRegistry, entry: RegistryEntry): RegistryEntry =>
  entry.isCustom && registry.isInManifest(entry.modelId) ? { ...entry, isCustom: false, files: [] } : entry;
