/**
 * Registries of older model managers, in the shapes that they were written or answered in: a list, an object of entries by id, or either of them
 * under `models`. What they say of status, place and size is kept as what was said: what is here, the store tells. Pure.
 */
import { MODEL_TYPES, modelTypeOf } from '../../domain/model-kinds.ts';
import { isModelName, isModelVersion } from '../../domain/model-ref.ts';
import type { EntryFields, JsonObject } from '../../domain/registry-entry.ts';
import { isTable, type RawTable } from '../rules/raw-table.ts';
import { cleanFields, type FieldProblem } from './entry-fields.ts';

export interface OlderEntry {
  /** As it was written. */
  readonly writtenId: string;
  /** `name@version` */
  readonly modelId: string;
  readonly fields: EntryFields;
  /** ISO 8601; absent: none that could be read. */
  readonly createdAt?: string;
  readonly status?: string;
}

export interface ReadOlder {
  readonly entries: readonly OlderEntry[];
  /** Of any of them: then none is to be taken. */
  readonly problems: readonly FieldProblem[];
}

const DEFAULT_VERSION = '1.0.0';
/** Facts of older registries that have no field here. */
const KEPT_FACTS: readonly string[] = [
  ...[
    'name',
    'path',
    'status',
    'version',
    'size',
    'size_gb',
    'size_bytes',
    'model_type',
    'type',
    'download_date',
    'created_at',
    'updated_at',
  ],
  ...['assigned_worker', 'last_used', 'usage_count', 'avg_inference_time'],
];

/** @param document what the file holds, parsed */
export function readOlder(document: unknown): ReadOlder {
  const raw = rawEntries(document);
  if (raw === undefined)
    return { entries: [], problems: [{ where: 'file', message: 'is no registry of models in any shape that is known' }] };
  const problems: FieldProblem[] = [];
  const entries = raw.flatMap(([where, id, value]) => olderEntry({ where, id, value }, problems));
  const seen = new Map<string, string>();
  for (const { modelId, writtenId } of entries) {
    const before = seen.get(modelId.toLowerCase());
    if (before !== undefined) problems.push({ where: writtenId, message: `becomes ${modelId}, as ${before} does` });
    seen.set(modelId.toLowerCase(), writtenId);
  }
  return { entries, problems };
}

type RawEntry = readonly [where: string, id: string | undefined, value: unknown];

function rawEntries(document: unknown): RawEntry[] | undefined {
  if (Array.isArray(document)) return document.map((value, at): RawEntry => [String(at), undefined, value]);
  if (!isTable(document)) return undefined;
  if (document.models !== undefined) return rawEntries(document.models);
  const values = Object.entries(document);
  // An object of something else altogether is told from one of entries by its values.
  return values.length === 0 || values.some(([, value]) => isTable(value))
    ? values.map(([id, value]): RawEntry => [id, id, value])
    : undefined;
}

interface Written {
  readonly where: string;
  readonly id: string | undefined;
  readonly value: unknown;
}

function olderEntry({ where, id, value }: Written, problems: FieldProblem[]): OlderEntry[] {
  const at = where.slice(0, 200);
  if (!isTable(value)) {
    problems.push({ where: at, message: 'is no object' });
    return [];
  }
  const writtenId = [value.model_id, value.id, id, value.name].find((one): one is string => typeof one === 'string' && one !== '');
  const modelId = writtenId === undefined ? undefined : modelIdOf(writtenId, value.version);
  if (writtenId === undefined || modelId === undefined) {
    problems.push({ where: at, message: 'has no id or name that one could be made of' });
    return [];
  }
  const { fields, problems: found } = cleanFields(fieldsIn(value));
  problems.push(...found.map((problem) => ({ where: `${at}.${problem.where}`, message: problem.message })));
  const createdAt = momentOf(value.download_date ?? value.created_at);
  const { status } = value;
  return [
    { writtenId, modelId, fields, ...(createdAt && { createdAt }), ...(typeof status === 'string' && { status: status.slice(0, 40) }) },
  ];
}

/** As older managers made ids of the names of repositories; a version that is none here is kept as a fact. */
function modelIdOf(written: string, version: unknown): string | undefined {
  const [head = '', ownVersion] = written.split('@');
  const name = isModelName(head)
    ? head
    : head
        .toLowerCase()
        .replace(/[^a-z0-9.-]+/g, '-')
        .replace(/^[^a-z0-9]+/, '')
        .slice(0, 128);
  const [good = DEFAULT_VERSION] = [ownVersion, version].filter((one): one is string => typeof one === 'string' && isModelVersion(one));
  return isModelName(name) ? `${name}@${good}` : undefined;
}

function fieldsIn(value: RawTable): RawTable {
  const { description, tags, capabilities, requirements, metadata } = value;
  const given = Object.fromEntries(
    Object.entries({ description, tags, capabilities, requirements }).filter(([, one]) => one !== undefined && one !== null),
  );
  const own = isTable(metadata) ? metadata : {};
  return { type: typeIn(value), ...given, metadata: { ...own, imported: factsIn(value) } };
}

/** A type that nobody knows is `other`, and stays among the facts. */
function typeIn({ model_type: modelType, type = modelType }: RawTable): string {
  const known = typeof type === 'string' ? modelTypeOf(type.toLowerCase()) : 'other';
  return MODEL_TYPES.some((one) => one === known) ? known : 'other';
}

const factsIn = (value: RawTable): JsonObject =>
  Object.fromEntries(
    KEPT_FACTS.flatMap((key) => {
      const fact = value[key];
      return typeof fact === 'string' || typeof fact === 'number' || typeof fact === 'boolean' ? [[key, fact]] : [];
    }),
  );

/** Of a date as text, or seconds since the epoch. */
function momentOf(value: unknown): string | undefined {
  const ms = typeof value === 'number' ? value * 1000 : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Math.abs(ms) < 8.64e15 ? new Date(ms).toISOString() : undefined;
}
