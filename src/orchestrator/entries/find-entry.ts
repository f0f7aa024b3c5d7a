/** A model as a caller names it -> its id, and what is noted of it. */
import { isModelError } from '../../domain/errors.ts';
import { parseModelRef } from '../../domain/model-ref.ts';
import type { Entries, RegistryEntry } from '../../domain/registry-entry.ts';
import { knownEntries } from '../../registry/entries/read-entries.ts';
import type { Orchestration } from '../orchestration.ts';
import { inForce } from './list-entries.ts';

export interface FoundEntry {
  readonly modelId: string;
  /** Absent: nobody has noted anything of it. */
  readonly entry?: RegistryEntry;
  /** It has files, here or elsewhere: manifest or registry define them. */
  readonly isDefined: boolean;
}

/** Also of a model that nothing was uploaded of yet, or that was removed. @throws ModelError MODEL_NOT_FOUND, INVALID_MODEL_ID, of the registry file */
export async function findEntry(work: Orchestration, asked: string): Promise<FoundEntry> {
  const entries = knownEntries(work.entriesPath);
  try {
    const registry = await work.registry();
    const { modelId } = registry.resolve(asked);
    const entry = entries.get(modelId);
    return { modelId, isDefined: true, ...(entry && { entry: inForce(registry, entry) }) };
  } catch (error) {
    if (!isModelError(error, 'MODEL_NOT_FOUND')) throw error;
    const entry = namedIn(entries, asked);
    if (entry === undefined) throw error;
    return { modelId: entry.modelId, entry, isDefined: false };
  }
}

/** By its id, or by a name that one of them has. */
function namedIn(entries: Entries, asked: string): RegistryEntry | undefined {
  const { name, version } = parseModelRef(asked);
  if (version !== undefined) return ownEntry(entries.get(`${name}@${version}`));
  const own = [...entries.values()].filter(({ modelId, isCustom }) => isCustom && modelId.startsWith(`${name}@`));
  return own.length === 1 ? own[0] : undefined;
}

/** What was noted of a model that has left the manifest is nobody's. */
const ownEntry = (entry: RegistryEntry | undefined): RegistryEntry | undefined => (entry?.isCustom === true ? entry : undefined);
