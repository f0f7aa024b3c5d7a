/** The registry is read, changed and written anew under its lock: two who change it at once see each other's work. */
import { dirname } from 'node:path';
import { ModelError } from '../../domain/errors.ts';
import { fsError } from '../../domain/fs-error.ts';
import type { Entries, RegistryEntry } from '../../domain/registry-entry.ts';
import { entriesText } from '../../registry/entries/entry-json.ts';
import { ENTRIES_SCHEMA, readEntries } from '../../registry/entries/read-entries.ts';
import { MAX_MANIFEST_BYTES } from '../../registry/manifest-file.ts';
import { makeDirectory } from '../../store/durable.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { makeFolders } from '../../util/make-folders.ts';
import type { CallOptions } from '../api.ts';
import type { Orchestration } from '../orchestration.ts';
import { replaceFile, withEntriesLock } from '../write-manifest.ts';

export const MAX_ENTRIES = 10_000;
/** Of models that were removed, so many are remembered to have been. */
const KEPT_DELETED = 500;

export interface EntriesChange<Result> {
  readonly entries: readonly RegistryEntry[];
  readonly result: Result;
}

/**
 * @param change gets what is there, and says which entries are new or other ones
 * @throws ModelError of a registry that cannot be read: nothing is written then
 */
export function changeEntries<Result>(
  work: Orchestration,
  options: CallOptions & { readonly doing: string },
  change: (now: Entries) => EntriesChange<Result>,
): Promise<Result> {
  return withEntriesLock(work, options, async () => {
    const path = work.entriesPath;
    const { bytes, entries } = readEntries(path);
    const { entries: changed, result } = change(entries);
    if (changed.length === 0) return result;
    const next = withoutForgotten(new Map([...entries, ...changed.map((entry) => [entry.modelId, entry] as const)]));
    if (countOf(next) > Math.max(MAX_ENTRIES, countOf(entries))) throw isFull(path, `has ${MAX_ENTRIES} models`);
    await makeFolder(work, path);
    await writeEntries(path, bytes, next);
    return result;
  });
}

/** Nothing is written that could not be read again. */
export async function writeEntries(path: string, before: Buffer | undefined, entries: Entries): Promise<void> {
  const text = entriesText(entries, ENTRIES_SCHEMA);
  if (Buffer.byteLength(text) > MAX_MANIFEST_BYTES) throw isFull(path, `would have more than ${formatBytes(MAX_MANIFEST_BYTES)}`);
  await replaceFile({ path, before, text });
}

async function makeFolder({ store }: Orchestration, path: string): Promise<void> {
  const folder = dirname(path);
  if (store.resolver.contains(folder)) return makeDirectory(store, folder);
  try {
    await makeFolders(folder);
  } catch (error) {
    throw fsError(error, `make ${folder}`);
  }
}

function withoutForgotten(entries: Entries): Entries {
  const deleted = [...entries.values()].filter(({ deletedAt }) => deletedAt !== undefined);
  const latest = deleted.toSorted((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1)).slice(KEPT_DELETED);
  const forgotten = new Set(latest.map(({ modelId }) => modelId));
  return new Map([...entries].filter(([id]) => !forgotten.has(id)));
}

const countOf = (entries: Entries): number => [...entries.values()].filter(({ deletedAt }) => deletedAt === undefined).length;

const isFull = (path: string, why: string): ModelError =>
  new ModelError('INVALID_INPUT', `the registry ${path} ${why}, and takes no more`, {
    reason: 'registry_full',
    hint: 'remove models that nobody needs, or keep less in their `metadata` and `requirements`',
  });
