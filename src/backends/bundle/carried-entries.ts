/** Models of the registry in a bundle: what their entries say, but nothing of the requests that made them. As hostile as any other input. */
import { isModelError } from '../../domain/errors.ts';
import { CUSTOM_FAMILY, type Entries, type EntryFile, type RegistryEntry } from '../../domain/registry-entry.ts';
import { entriesText } from '../../registry/entries/entry-json.ts';
import { ENTRIES_SCHEMA, parseEntries } from '../../registry/entries/read-entries.ts';
import { badBundle } from './bad-bundle.ts';
import type { BundleModel } from './bundle-index.ts';

/** Of the text: what is parsed of it may take seventy times its bytes. */
export const MAX_ENTRIES_TEXT = 2 * 2 ** 20;

/** In the form of the registry file, ordered by id: equal models give equal texts, on whatever machine and after however many changes. */
export const encodeEntries = (entries: Entries): string =>
  entriesText(
    new Map([...entries].sort(([one], [other]) => (one < other ? -1 : 1)).map(([id, entry]) => [id, carriedForm(entry)])),
    ENTRIES_SCHEMA,
  );

/** Ids of requests and the count of changes belong to one registry; a URL with a query may be signed. */
function carriedForm({ madeBy: _, uploadedAs: __, deletedAt: ___, createdAt, updatedAt, files, ...entry }: RegistryEntry): RegistryEntry {
  return { ...entry, revision: 1, createdAt: moment(createdAt), updatedAt: moment(updatedAt), files: files.map(withoutSigned) };
}

const moment = (text: string): string => new Date(text).toISOString();

function withoutSigned({ url, ...file }: EntryFile): EntryFile {
  return url === undefined || url.includes('?') ? file : { ...file, url };
}

/** Another form of the same is found by who encodes it again. @throws ModelError FORMAT_INVALID */
export function decodeEntries(bundle: string, text: string): Entries {
  try {
    return parseEntries(`carried by ${bundle}`, Buffer.from(text));
  } catch (error) {
    if (!isModelError(error, 'MANIFEST_INVALID') && !isModelError(error, 'SCHEMA_VERSION_MISMATCH')) throw error;
    throw badBundle(bundle, 'registry_invalid', error.message);
  }
}

/** Each has files, and is one of the bundle's models, with no bytes but its own. @throws ModelError FORMAT_INVALID */
export function checkEntries(bundle: string, models: readonly BundleModel[], entries: Entries): void {
  const folded = new Set([...entries.keys()].map((id) => id.toLowerCase()));
  if (folded.size !== entries.size || entries.size === 0) throw badBundle(bundle, 'registry_models', 'its registry is absurd');
  const named = Map.groupBy(models, ({ ref }) => ref);
  for (const { modelId, isCustom, files } of entries.values()) {
    const [model, ...more] = named.get(modelId) ?? [];
    const digests = new Map(files.map(({ path, sizeBytes, sha256 }) => [path, `${sha256} ${sizeBytes}`]));
    const isOwn = model?.files.every(({ path, sha256, sizeBytes }) => digests.get(path) === `${sha256} ${sizeBytes}`) === true;
    if (!isCustom || files.length === 0 || !isOwn || model?.family !== CUSTOM_FAMILY || more.length > 0)
      throw badBundle(bundle, 'registry_models', `its registry and its index say different things of ${modelId}`);
  }
}
