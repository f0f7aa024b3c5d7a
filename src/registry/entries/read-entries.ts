/** The registry file: read, bounded, and held to its shape. What is wrong with it is told, and nothing of it is dropped. */
import { isModelError, ModelError } from '../../domain/errors.ts';
import type { Entries } from '../../domain/registry-entry.ts';
import { fileState } from '../file-state.ts';
import { type FileKind, readManifestFile } from '../manifest-file.ts';
import { isTable } from '../rules/raw-table.ts';
import type { FieldProblem } from './entry-fields.ts';
import { entryOf } from './entry-json.ts';

export const ENTRIES_SCHEMA = 'wan.registry/v1';
const MAX_PROBLEMS = 100;
const REGISTRY: FileKind = {
  what: 'registry',
  invalid: (path, problems) =>
    registryInvalid(
      path,
      problems.map(({ message }) => ({ where: 'registry', message })),
    ),
};

export interface ReadEntries {
  readonly entries: Entries;
  /** Undefined: there is no file. */
  readonly bytes: Buffer | undefined;
}

interface Parsed {
  readonly path: string;
  readonly state: string;
  readonly entries: Entries;
}

let last: Parsed | undefined;

/** For whoever only looks: parsed once for each state of the file. @throws ModelError as {@link readEntries} */
export function knownEntries(path: string): Entries {
  // Before the file is read: one that was replaced in between is read anew the next time.
  const state = fileState(path);
  if (last?.path !== path || last.state !== state) last = { path, state, entries: readEntries(path).entries };
  return last.entries;
}

/** @throws ModelError MANIFEST_INVALID with reason registry_invalid or registry_older, PERMISSION_DENIED, FILESYSTEM_ERROR */
export function readEntries(path: string): ReadEntries {
  const bytes = bytesOf(path);
  return { bytes, entries: bytes === undefined ? new Map() : parseEntries(path, bytes) };
}

function bytesOf(path: string): Buffer | undefined {
  try {
    return readManifestFile(path, REGISTRY).bytes;
  } catch (error) {
    if (isModelError(error, 'MISSING_MANIFEST')) return undefined;
    throw error;
  }
}

/** Of a file that must be there. @throws ModelError MISSING_MANIFEST with reason registry_missing, and as {@link readEntries} */
export function registryBytes(path: string): Buffer {
  const bytes = bytesOf(path);
  if (bytes !== undefined) return bytes;
  throw new ModelError('MISSING_MANIFEST', `there is no registry at ${path}`, {
    reason: 'registry_missing',
    hint: 'name the file that the older model manager wrote: model_registry.json',
    details: { registry_file: path },
  });
}

export function parseEntries(path: string, bytes: Buffer): Entries {
  const document = documentOf(path, bytes);
  if (document.schema !== ENTRIES_SCHEMA) throw otherShape(path, document.schema);
  if (!isTable(document.models)) throw registryInvalid(path, [{ where: 'models', message: 'is no object' }]);
  const problems: FieldProblem[] = [];
  const entries = new Map(Object.entries(document.models).flatMap(([id, raw]) => entryOf(id, raw, problems)));
  if (problems.length > 0) throw registryInvalid(path, problems);
  return entries;
}

export function documentOf(path: string, bytes: Buffer): Readonly<Record<string, unknown>> {
  let document: unknown;
  try {
    document = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw registryInvalid(path, [{ where: 'file', message: `is no JSON: ${error.message}` }]);
  }
  return isTable(document) ? document : { models: document };
}

export function registryInvalid(path: string, problems: readonly FieldProblem[]): ModelError {
  const [first] = problems;
  const more = problems.length > 1 ? `, and ${problems.length - 1} more` : '';
  return new ModelError('MANIFEST_INVALID', `the registry ${path} cannot be used: ${first?.where}: ${first?.message}${more}`, {
    reason: 'registry_invalid',
    hint: 'nothing was changed: correct the file, put a copy of it back, or move it aside and begin anew',
    details: { registry_file: path, problems: problems.slice(0, MAX_PROBLEMS) },
  });
}

function otherShape(path: string, schema: unknown): ModelError {
  if (typeof schema === 'string' && schema.startsWith('wan.registry/'))
    return new ModelError('SCHEMA_VERSION_MISMATCH', `the registry ${path} is of ${schema}; this program reads ${ENTRIES_SCHEMA}`, {
      hint: 'install a wan-models that reads this version; nothing was changed',
      details: { registry_file: path },
    });
  return new ModelError('MANIFEST_INVALID', `the registry ${path} is not in the form of ${ENTRIES_SCHEMA}`, {
    reason: 'registry_older',
    hint: `if another model manager wrote it: \`wan registry import ${path}\` reads it, and keeps the old file`,
    details: { registry_file: path },
  });
}
