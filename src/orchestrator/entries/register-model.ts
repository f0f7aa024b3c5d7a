/** A model that no manifest has gets a name, before any byte of it is here. */
import { ModelError } from '../../domain/errors.ts';
import type { Entries, EntryFields, EntryFile, RegistryEntry } from '../../domain/registry-entry.ts';
import { cleanFields } from '../../registry/entries/entry-fields.ts';
import { isModelId } from '../../registry/entries/entry-json.ts';
import { knownEntries } from '../../registry/entries/read-entries.ts';
import type { CallOptions } from '../api.ts';
import type { Orchestration } from '../orchestration.ts';
import { changeEntries } from './change-entries.ts';
import { readHubModel } from './read-hub-model.ts';
import { refuseUrls } from './refuse-urls.ts';

export interface RegisterRequest {
  /** `name@version` */
  readonly modelId: string;
  readonly fields: EntryFields;
  /** Where its bytes are to be had, and what they must be. Absent: they are uploaded. */
  readonly files?: readonly Required<EntryFile>[];
  /** Instead of files: `hf://org/name@revision`, all of it as it is now. */
  readonly source?: string;
  /** Of the request: the same one again finds what it made. */
  readonly madeBy?: string;
}

/** @throws ModelError INVALID_MODEL_ID, INVALID_INPUT with reason model_exists, entry_invalid or address_forbidden; of the Hub where it is asked */
export async function registerModel(work: Orchestration, request: RegisterRequest, call: CallOptions = {}): Promise<RegistryEntry> {
  const { modelId, madeBy } = request;
  const fields = cleanedFields(request.fields);
  await refuseUrls(work, request.files ?? []);
  await requireFreeId(work, modelId);
  const entries = knownEntries(work.entriesPath);
  requireDistinct(entries, modelId);
  const isNew = !isLive(entries.get(modelId));
  const content =
    isNew && request.source !== undefined ? await readHubModel(work, modelId, request.source, call) : { files: request.files ?? [] };
  return changeEntries(work, { ...call, doing: `register ${modelId}` }, (now) => {
    requireDistinct(now, modelId);
    const known = now.get(modelId);
    if (isLive(known)) {
      if (madeBy === undefined || known.madeBy !== madeBy) throw alreadyThere(modelId);
      return { entries: [], result: known };
    }
    const entry = newEntry(work, now, { modelId, fields, ...content, ...(madeBy !== undefined && { madeBy }) });
    return { entries: [entry], result: entry };
  });
}

/** Also one that nothing was uploaded of yet. */
export const isLive = (known: RegistryEntry | undefined): known is RegistryEntry =>
  known?.isCustom === true && known.deletedAt === undefined;

/** What the manifest has is not for the registry to define. */
export async function requireFreeId(work: Orchestration, modelId: string): Promise<void> {
  if (!isModelId(modelId))
    throw new ModelError('INVALID_MODEL_ID', `${JSON.stringify(modelId.slice(0, 200))} is no id of the form name@1.2.3`);
  if ((await work.registry()).isInManifest(modelId)) throw alreadyThere(modelId);
}

/** Two ids that differ by case alone are one folder on some volumes, and one model to whoever writes it otherwise. */
export function requireDistinct(now: Entries, modelId: string): void {
  const isLike = (one: RegistryEntry) => one.modelId !== modelId && one.modelId.toLowerCase() === modelId.toLowerCase();
  const like = [...now.values()].find((one) => isLive(one) && isLike(one));
  if (like !== undefined) throw alreadyThere(like.modelId);
}

export interface NewEntry {
  readonly modelId: string;
  readonly fields: EntryFields;
  readonly files: readonly EntryFile[];
  readonly source?: string;
  readonly madeBy?: string;
  readonly uploadedAs?: string;
}

/** Of what was removed under this name nothing stays but the count of changes. */
export function newEntry(work: Orchestration, now: Entries, { fields, ...named }: NewEntry): RegistryEntry {
  const at = new Date(work.store.clock.now()).toISOString();
  const revision = (now.get(named.modelId)?.revision ?? 0) + 1;
  return { isCustom: true, ...named, ...fields, createdAt: at, updatedAt: at, revision };
}

/** @throws ModelError INVALID_INPUT with every problem */
export function cleanedFields(raw: EntryFields): EntryFields {
  const { fields, problems } = cleanFields(raw as Readonly<Record<string, unknown>>);
  const [first] = problems;
  if (first === undefined) return fields;
  throw new ModelError('INVALID_INPUT', `${first.where}: ${first.message}`, { reason: 'entry_invalid', details: { problems } });
}

export const alreadyThere = (modelId: string): ModelError =>
  new ModelError('INVALID_INPUT', `there is a model ${modelId} already`, {
    reason: 'model_exists',
    hint: 'give it another name or version; what is noted of a model is changed with PATCH',
    details: { model: modelId },
  });
