/** Models of a bundle that no manifest has: noted in the registry here, where it has none of their names, or the very same. */
import type { BundleApplied } from '../../domain/bundle-results.ts';
import { ModelError } from '../../domain/errors.ts';
import { type Entries, hasFiles, type RegistryEntry } from '../../domain/registry-entry.ts';
import { fieldsOf } from '../../registry/entries/entry-json.ts';
import { knownEntries } from '../../registry/entries/read-entries.ts';
import type { ModelRegistry } from '../../registry/model-registry.ts';
import type { CallOptions } from '../api.ts';
import { changeEntries } from '../entries/change-entries.ts';
import { isOtherPublished } from '../entries/other-published.ts';
import { isLive } from '../entries/register-model.ts';
import { sameFiles } from '../entries/same-files.ts';
import type { Orchestration } from '../orchestration.ts';

export interface CarriedModels {
  /** Path of the bundle. */
  readonly bundle: string;
  readonly entries: Entries;
  /** What the manifest here has is its own to define. */
  readonly registry: ModelRegistry;
}

/** Changes nothing. @throws ModelError DRIFT with reason registry_differs; of the registry file */
export function checkEntries(work: Orchestration, carried: CarriedModels): void {
  if (ownOf(carried).length > 0) planEntries(work, carried, knownEntries(work.entriesPath));
}

/** Under the registry's lock: of two who apply at once, the second finds what the first has noted. @throws ModelError as {@link checkEntries}, registry_full */
export async function writeEntries(
  work: Orchestration,
  carried: CarriedModels,
  call: CallOptions,
): Promise<Pick<BundleApplied, 'registry'>> {
  if (ownOf(carried).length === 0) return {};
  return changeEntries(work, { ...call, doing: `bundle apply to ${work.entriesPath}` }, (now) => {
    const entries = planEntries(work, carried, now);
    return { entries, result: { registry: { path: work.entriesPath, added: entries.map(({ modelId }) => modelId) } } };
  });
}

const ownOf = ({ entries, registry }: CarriedModels): RegistryEntry[] =>
  [...entries.values()].filter(({ modelId }) => !registry.isInManifest(modelId));

/** @returns those that are not noted yet */
function planEntries(work: Orchestration, carried: CarriedModels, now: Entries): RegistryEntry[] {
  return ownOf(carried).flatMap((entry) => {
    requireSame(work, { ...carried, entry }, now);
    const known = now.get(entry.modelId);
    return known !== undefined && hasFiles(known) ? [] : [newcomer(work, entry, known)];
  });
}

function requireSame(work: Orchestration, { bundle, entry }: CarriedModels & { entry: RegistryEntry }, now: Entries): void {
  const { modelId, files } = entry;
  const like = [...now.values()].find((one) => isLive(one) && one.modelId.toLowerCase() === modelId.toLowerCase());
  if (like !== undefined && like.modelId !== modelId) throw otherModel(bundle, modelId, `has a model ${like.modelId}`);
  if (like !== undefined && hasFiles(like)) {
    if (!sameFiles(like.files, files)) throw otherModel(bundle, modelId, 'has other files under this name');
    return;
  }
  if (isOtherPublished(work, modelId, files))
    throw otherModel(bundle, modelId, 'knows nothing of the other files that are published under this name');
}

/** What was noted here before any of its files came stands over what the bundle says. */
function newcomer(work: Orchestration, entry: RegistryEntry, known: RegistryEntry | undefined): RegistryEntry {
  const revision = (known?.revision ?? 0) + 1;
  if (known === undefined || known.deletedAt !== undefined) return { ...entry, revision };
  const updatedAt = new Date(work.store.clock.now()).toISOString();
  const { createdAt, madeBy } = known;
  return { ...entry, ...fieldsOf(known), createdAt, updatedAt, revision, ...(madeBy !== undefined && { madeBy }) };
}

const otherModel = (bundle: string, modelId: string, why: string): ModelError =>
  new ModelError('DRIFT', `${bundle} has a model ${modelId}, and the registry here ${why}: nothing was changed`, {
    reason: 'registry_differs',
    hint: `one of them needs another name or version: upload it as that where it comes from; or remove the one that is here: \`wan models rm ${modelId}\`, DELETE /v1/models/${modelId}`,
    details: { bundle, model: modelId },
  });
