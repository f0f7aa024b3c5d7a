/** A registry of an older model manager is taken over, whole or not at all; its file stays as it is. */
import { constants } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ModelError } from '../../domain/errors.ts';
import { fsError, isErrno } from '../../domain/fs-error.ts';
import type { Entries, RegistryEntry } from '../../domain/registry-entry.ts';
import type { ImportedEntry, RegistryImport } from '../../domain/registry-import.ts';
import type { FieldProblem } from '../../registry/entries/entry-fields.ts';
import { type OlderEntry, readOlder } from '../../registry/entries/older-registry.ts';
import { documentOf, parseEntries, readEntries, registryBytes, registryInvalid } from '../../registry/entries/read-entries.ts';
import type { ModelRegistry } from '../../registry/model-registry.ts';
import { syncDirectory, syncPath } from '../../store/durable.ts';
import type { CallOptions } from '../api.ts';
import type { Orchestration } from '../orchestration.ts';
import { withEntriesLock } from '../write-manifest.ts';
import { changeEntries, MAX_ENTRIES, writeEntries } from './change-entries.ts';

/** @throws ModelError MANIFEST_INVALID with every problem: then nothing was changed */
export async function importRegistry(work: Orchestration, file: string, call: CallOptions = {}): Promise<RegistryImport> {
  const source = resolve(file);
  if (source === resolve(work.entriesPath)) return convertRegistry(work, call);
  const older = olderIn(source, registryBytes(source));
  const registry = await work.registry();
  return changeEntries(work, { ...call, doing: `import ${source}` }, (now) => {
    const taken = takeOver(work, older, { now, registry });
    return {
      entries: taken.flatMap(({ entry }) => entry ?? []),
      result: { source, registryFile: work.entriesPath, entries: taken.map(({ report }) => report) },
    };
  });
}

/** Of the file in the registry's own place. What it was is kept beside it before anything is written. */
function convertRegistry(work: Orchestration, call: CallOptions = {}): Promise<RegistryImport> {
  const path = work.entriesPath;
  return withEntriesLock(work, { ...call, doing: `convert ${path}` }, async () => {
    const bytes = registryBytes(path);
    if (isOurs(path, bytes)) return { source: path, registryFile: path, entries: [] };
    const older = olderIn(path, bytes);
    const registry = await work.registry();
    const now: Entries = new Map();
    const taken = takeOver(work, older, { now, registry });
    const keptAs = await keepOld(path, bytes);
    const entries = new Map(taken.flatMap(({ entry }) => (entry === undefined ? [] : [[entry.modelId, entry] as const])));
    await writeEntries(path, bytes, entries);
    return { source: path, registryFile: path, keptAs, entries: taken.map(({ report }) => report) };
  });
}

/** Whether a file in the registry's place was written by another model manager. Changes nothing. */
export function isOlderRegistry({ entriesPath }: Pick<Orchestration, 'entriesPath'>): boolean {
  try {
    readEntries(entriesPath);
    return false;
  } catch (error) {
    return error instanceof ModelError && error.reason === 'registry_older';
  }
}

function isOurs(path: string, bytes: Buffer): boolean {
  if (documentOf(path, bytes).schema === undefined) return false;
  parseEntries(path, bytes);
  return true;
}

/** All or none: who imports half a registry would have to find out which half. */
function olderIn(path: string, bytes: Buffer): readonly OlderEntry[] {
  const document = documentOf(path, bytes);
  const { entries, problems } = readOlder(document);
  const tooMany: FieldProblem[] = entries.length > MAX_ENTRIES ? [{ where: 'file', message: `has more than ${MAX_ENTRIES} models` }] : [];
  if (problems.length + tooMany.length > 0) throw registryInvalid(path, [...problems, ...tooMany]);
  return entries;
}

interface Known {
  readonly now: Entries;
  readonly registry: ModelRegistry;
}

interface Taken {
  /** Absent: it is noted of already. */
  readonly entry?: RegistryEntry;
  readonly report: ImportedEntry;
}

function takeOver(work: Orchestration, older: readonly OlderEntry[], known: Known): Taken[] {
  const ids = [...known.now.keys(), ...known.registry.ofManifest().map(({ modelId }) => modelId)];
  const byFolded = new Map(ids.map((id) => [id.toLowerCase(), id]));
  return older.map((one) => takeOne(work, { ...one, modelId: byFolded.get(one.modelId.toLowerCase()) ?? one.modelId }, known));
}

function takeOne(work: Orchestration, { modelId, writtenId, fields, createdAt, status }: OlderEntry, { now, registry }: Known): Taken {
  const isCustom = !registry.isInManifest(modelId);
  const said = status === undefined ? {} : { saidStatus: status };
  const known = now.get(modelId);
  if (known !== undefined && known.deletedAt === undefined) return { report: { writtenId, modelId, outcome: 'kept', ...said } };
  const at = new Date(work.store.clock.now()).toISOString();
  const revision = (known?.revision ?? 0) + 1;
  const entry = { modelId, isCustom, files: [], ...fields, createdAt: createdAt ?? at, updatedAt: at, revision };
  return { entry, report: { writtenId, modelId, outcome: isCustom ? 'registered' : 'annotated', ...said } };
}

/** Never over a file that is there, unless that is the same. @returns where */
async function keepOld(path: string, bytes: Buffer): Promise<string> {
  for (let number = 1; ; number++) {
    const kept = number === 1 ? `${path}.older` : `${path}.older-${number}`;
    try {
      await copyFile(path, kept, constants.COPYFILE_EXCL);
      await syncPath(kept);
      await syncDirectory(dirname(kept));
      return kept;
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw fsError(error, `keep ${path} as ${kept}`);
      if (registryBytes(kept).equals(bytes)) return kept;
    }
  }
}
