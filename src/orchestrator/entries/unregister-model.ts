/** A model of the registry goes: first what is here of it, as any other's; then its entry says that it was removed. */
import { ModelError } from '../../domain/errors.ts';
import { CUSTOM_FAMILY, type RegistryEntry } from '../../domain/registry-entry.ts';
import { revisionTag } from '../../registry/entries/revision-tag.ts';
import type { RemoveOptions, RemoveResult } from '../api.ts';
import { placeOf } from '../named-place.ts';
import type { Orchestration } from '../orchestration.ts';
import { removeModel } from '../remove.ts';
import { changeEntries } from './change-entries.ts';
import { findEntry } from './find-entry.ts';
import { requireTag } from './require-tag.ts';

export interface Unregistered extends RemoveResult {
  readonly entry: RegistryEntry;
}

export interface UnregisterOptions extends RemoveOptions {
  /** Of what the caller has seen. */
  readonly expectedTags?: readonly string[];
}

/**
 * Killed between the two, the model is there without bytes, and the same call again takes it away.
 * @throws ModelError MODEL_NOT_FOUND, INVALID_INPUT with reason model_of_manifest, CONCURRENT_MODIFICATION where it is pinned or leased, or was changed
 */
export async function unregisterModel(work: Orchestration, asked: string, options: UnregisterOptions = {}): Promise<Unregistered> {
  const { expectedTags, ...call } = options;
  const { modelId, entry, isDefined } = await findEntry(work, asked);
  if (entry?.isCustom !== true || (await work.registry()).isInManifest(modelId)) throw ofManifest(modelId);
  requireTag(modelId, entry, expectedTags);
  const { isRegistered: _, ...removed } = isDefined ? await removeModel(work, modelId, call) : nothingHere(work, modelId);
  const gone = await changeEntries(work, { ...call, doing: `remove ${modelId}` }, (now) => {
    requireTag(modelId, now.get(modelId), [revisionTag(entry)]);
    const { createdAt, revision, deletedAt } = entry;
    const at = new Date(work.store.clock.now()).toISOString();
    const { type, description } = entry;
    const shown = { ...(type !== undefined && { type }), ...(description !== undefined && { description }) };
    const tomb: RegistryEntry = {
      ...{ modelId, isCustom: true, files: [], ...shown },
      ...{ createdAt, updatedAt: at, deletedAt: deletedAt ?? at, revision: revision + 1 },
    };
    return { entries: [tomb], result: tomb };
  });
  return { ...removed, entry: gone };
}

function nothingHere(work: Orchestration, modelId: string): RemoveResult {
  const { label, directory: path } = placeOf(work, CUSTOM_FAMILY, { modelId });
  return { label, path, removed: false, reclaimedBytes: 0, sharedBytes: 0 };
}

const ofManifest = (modelId: string): ModelError =>
  new ModelError('INVALID_INPUT', `${modelId} is a model of the manifest`, {
    reason: 'model_of_manifest',
    hint: '`wan models rm` (without --unregister) takes it from this machine, `wan models remove` out of the manifest',
    details: { model: modelId },
  });
