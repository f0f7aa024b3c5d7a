/** An entry of the registry file <-> the entry. Pure. */
import { parseSha256 } from '../../domain/digest.ts';
import { isModelName, isModelVersion } from '../../domain/model-ref.ts';
import { ENTRY_FIELDS, type Entries, type EntryFile, type RegistryEntry } from '../../domain/registry-entry.ts';
import { isTable } from '../rules/raw-table.ts';
import { cleanFields, type FieldProblem } from './entry-fields.ts';
import { filesFault } from './files-fault.ts';
import { sourceFault, urlFault } from './url-fault.ts';

/** A line a model: to be read, compared and searched by people, and no longer than it must be. */
export function entriesText(entries: Entries, schema: string): string {
  const lines = [...entries.values()].map((entry) => `    ${JSON.stringify(entry.modelId)}: ${JSON.stringify(jsonOf(entry))}`);
  return `{\n  "schema": ${JSON.stringify(schema)},\n  "models": {\n${lines.join(',\n')}\n  }\n}\n`;
}

function jsonOf({ modelId: _, isCustom, files, createdAt, updatedAt, deletedAt, revision, madeBy, uploadedAs, ...fields }: RegistryEntry) {
  return {
    custom: isCustom,
    ...fields,
    ...(files.length > 0 && {
      files: files.map(({ path, sizeBytes, sha256, url }) => ({ path, size: sizeBytes, sha256, ...(url !== undefined && { url }) })),
    }),
    created_at: createdAt,
    updated_at: updatedAt,
    ...(deletedAt !== undefined && { deleted_at: deletedAt }),
    revision,
    ...(madeBy !== undefined && { made_by: madeBy }),
    ...(uploadedAs !== undefined && { uploaded_as: uploadedAs }),
  };
}

type Raw = Readonly<Record<string, unknown>>;

/** Nothing where something is wrong with it: that is added to the problems. */
export function entryOf(id: string, raw: unknown, problems: FieldProblem[]): [string, RegistryEntry][] {
  const before = problems.length;
  const report = (where: string, message: string): void => void problems.push({ where: `models.${id.slice(0, 200)}${where}`, message });
  if (!isModelId(id)) report('', 'is no id of the form name@1.2.3');
  if (!isTable(raw)) {
    report('', 'is no object');
    return [];
  }
  const { custom, files: rawFiles, source, created_at, updated_at, deleted_at, revision, made_by, uploaded_as, ...rest } = raw;
  const { fields, problems: ofFields } = cleanFields(rest);
  for (const { where, message } of ofFields) report(`.${where}`, message);
  const files = filesOf(rawFiles, report);
  if (typeof custom !== 'boolean') report('.custom', 'is neither true nor false');
  if (custom === false && files.length > 0) report('.files', 'are those of the manifest: an entry of a model of the manifest has none');
  for (const [key, value] of Object.entries({ created_at, updated_at, ...(deleted_at !== undefined && { deleted_at }) }))
    if (!isMoment(value)) report(`.${key}`, 'is no moment');
  const fault = source === undefined ? undefined : sourceFault(source);
  if (fault !== undefined) report('.source', fault);
  if (!Number.isSafeInteger(revision)) report('.revision', 'is no number');
  for (const [key, value] of Object.entries({ made_by, uploaded_as }))
    if (value !== undefined && typeof value !== 'string') report(`.${key}`, 'is no text');
  if (problems.length > before) return [];
  const entry = {
    ...{ modelId: id, isCustom: custom, files, createdAt: created_at, updatedAt: updated_at, revision, ...fields },
    ...(source !== undefined && { source }),
    ...(deleted_at !== undefined && { deletedAt: deleted_at }),
    ...(made_by !== undefined && { madeBy: made_by }),
    ...(uploaded_as !== undefined && { uploadedAs: uploaded_as }),
  } as unknown as RegistryEntry;
  return [[id, entry]];
}

export function isModelId(id: string): boolean {
  const [name = '', version = '', ...rest] = id.split('@');
  return isModelName(name) && isModelVersion(version) && rest.length === 0;
}

function filesOf(raw: unknown, report: (where: string, message: string) => void): EntryFile[] {
  if (raw === undefined) return [];
  if (!Array.isArray(raw)) {
    report('.files', 'is no list');
    return [];
  }
  const files = raw.flatMap((one: Raw, at): EntryFile[] => {
    const { path, size, sha256, url } = isTable(one) ? one : ({} as Raw);
    const digest = typeof sha256 === 'string' ? parseSha256(sha256) : undefined;
    const fault = url === undefined ? undefined : urlFault(url);
    if (fault !== undefined) report(`.files.${at}.url`, fault);
    if (typeof path === 'string' && Number.isSafeInteger(size) && Number(size) >= 0 && digest !== undefined)
      return [{ path, sizeBytes: Number(size), sha256: digest, ...(url !== undefined && { url: String(url) }) }];
    report(`.files.${at}`, 'has no path, size or sha256 that can be one');
    return [];
  });
  const fault = filesFault(files.map(({ path }) => path));
  if (fault !== undefined) report(`.files.${fault.at}`, fault.message);
  return files;
}

/** For whoever merges what one person said over what another did. */
export const fieldsOf = (entry: Partial<RegistryEntry>): Partial<RegistryEntry> =>
  Object.fromEntries(ENTRY_FIELDS.flatMap((key) => (entry[key] === undefined ? [] : [[key, entry[key]]])));

const isMoment = (value: unknown): boolean => typeof value === 'string' && value.length <= 40 && !Number.isNaN(Date.parse(value));
