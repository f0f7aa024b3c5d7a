/** What is noted of a model is changed: of one of the manifest, or of one that was registered. */
import { ModelError } from '../../domain/errors.ts';
import type { ENTRY_FIELDS, EntryFields, RegistryEntry } from '../../domain/registry-entry.ts';
import { fieldsOf } from '../../registry/entries/entry-json.ts';
import type { CallOptions } from '../api.ts';
import type { Orchestration } from '../orchestration.ts';
import { changeEntries } from './change-entries.ts';
import { findEntry } from './find-entry.ts';
import { cleanedFields } from './register-model.ts';
import { requireTag } from './require-tag.ts';

export interface AnnotateRequest {
  /** `null` takes a field away. */
  readonly fields: { readonly [Key in keyof EntryFields]: EntryFields[Key] | null };
  /** Fields that are not named go, too. */
  readonly isWhole: boolean;
  /** Of what the caller has seen; another one means that somebody changed it meanwhile. */
  readonly expectedTags?: readonly string[];
}

/** @throws ModelError MODEL_NOT_FOUND, INVALID_INPUT with reason entry_invalid, CONCURRENT_MODIFICATION with reason precondition_failed */
export async function annotateModel(
  work: Orchestration,
  asked: string,
  request: AnnotateRequest,
  call: CallOptions = {},
): Promise<RegistryEntry> {
  const { modelId } = await findEntry(work, asked);
  const given = Object.fromEntries(Object.entries(request.fields).filter(([, value]) => value !== null));
  const fields = cleanedFields(given);
  const isCustom = !(await work.registry()).isInManifest(modelId);
  return changeEntries(work, { ...call, doing: `annotate ${modelId}` }, (now) => {
    const known = now.get(modelId);
    requireTag(modelId, known, request.expectedTags);
    if (isCustom && known?.deletedAt !== undefined) throw wasRemoved(modelId);
    const at = new Date(work.store.clock.now()).toISOString();
    const { createdAt = at, revision = 0 } = known ?? {};
    // Of one that was removed nothing comes back. One that was uploaded keeps its files, also while the manifest has a model of this name.
    const live: Partial<RegistryEntry> = known?.deletedAt === undefined ? (known ?? {}) : {};
    const { files = [], isCustom: wasCustom = isCustom, madeBy, source, uploadedAs } = live;
    const kept = request.isWhole ? {} : without(fieldsOf(live), request.fields);
    const entry: RegistryEntry = {
      ...{ modelId, isCustom: wasCustom, files, createdAt, updatedAt: at, revision: revision + 1 },
      ...(madeBy !== undefined && { madeBy }),
      ...(source !== undefined && { source }),
      ...(uploadedAs !== undefined && { uploadedAs }),
      ...kept,
      ...fields,
    };
    return { entries: [entry], result: entry };
  });
}

const without = (fields: Partial<RegistryEntry>, named: AnnotateRequest['fields']): Partial<RegistryEntry> =>
  Object.fromEntries(Object.entries(fields).filter(([key]) => named[key as (typeof ENTRY_FIELDS)[number]] === undefined));

const wasRemoved = (modelId: string): ModelError =>
  new ModelError('MODEL_NOT_FOUND', `${modelId} was removed`, { reason: 'model_deleted', hint: 'register it anew, or upload it' });
