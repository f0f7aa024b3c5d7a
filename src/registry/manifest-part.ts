/** Some models of a manifest as a manifest of their own, with what they mount and what is pinned of them; and such a part put into another one. */

import { type TomlValue, tomlText } from './edit-manifest.ts';
import { type Lockfile, lockfileText } from './lockfile.ts';
import { readManifestSyntax } from './manifest-syntax.ts';
import type { OpenedLock } from './open-lock.ts';
import { entriesAt, isTable, type RawTable } from './rules/raw-table.ts';

export interface ManifestPart {
  readonly manifest: string;
  /** Absent where nothing is pinned. */
  readonly lockfile?: string;
}

/** Equal manifests and models give equal texts. Signed URLs are left out: they end, and are nobody else's. */
export function partOfManifest(opened: OpenedLock, modelIds: readonly string[]): ManifestPart {
  const { lockfile, manifestPath, manifestBytes } = opened;
  const tree = readManifestSyntax(manifestPath, manifestBytes).tree ?? {};
  const models = entriesAt(tree, 'models').filter(([id]) => modelIds.includes(id));
  const mounted = new Set(models.flatMap(([, model]) => mountsOf(model)));
  const components = entriesAt(tree, 'components').filter(([id]) => mounted.has(id));
  const pins = {
    components: new Map([...lockfile.components].filter(([id]) => mounted.has(id))),
    models: new Map([...lockfile.models].filter(([id]) => isOfModel(id, modelIds))),
  };
  return {
    manifest: ['schema_version = 1\n', ...tablesText('components', components), ...tablesText('models', models)].join('\n'),
    ...(pins.components.size + pins.models.size > 0 && { lockfile: lockfileText(pins) }),
  };
}

/** Of a lockfile's entry for a model: also of a variant or an overlay of it. */
const isOfModel = (entryId: string, modelIds: readonly string[]): boolean =>
  modelIds.some((modelId) => entryId === modelId || entryId.startsWith(`${modelId}@`));

/** What tables and pins name that is neither one of these models nor mounted by one, and which of the models they lack: none for a part of just these. */
export function notOfPart(tree: RawTable, lockfile: Lockfile, modelIds: readonly string[]): string[] {
  const models = entriesAt(tree, 'models');
  const mounted = new Set(models.flatMap(([, model]) => mountsOf(model)));
  const named = new Set(models.map(([id]) => id));
  const components = [...entriesAt(tree, 'components').map(([id]) => id), ...lockfile.components.keys()];
  return [
    ...[...named].filter((id) => !modelIds.includes(id)),
    ...modelIds.filter((id) => !named.has(id)),
    ...components.filter((id) => !mounted.has(id)),
    ...[...lockfile.models.keys()].filter((id) => !isOfModel(id, modelIds)),
  ];
}

/** The pins of those models and components of a part that are not here: what is here and not pinned stays so. */
export function pinsOfNew({ models, components }: Lockfile, here: RawTable): Lockfile {
  const known = (kind: 'components' | 'models') => entriesAt(here, kind).map(([id]) => id);
  const [knownModels, knownComponents] = [known('models'), known('components')];
  return {
    components: new Map([...components].filter(([id]) => !knownComponents.includes(id))),
    models: new Map([...models].filter(([id]) => !isOfModel(id, knownModels))),
  };
}

/** The text with those tables of the part behind it that it has not got. */
export function withPart(text: string, part: RawTable, here: RawTable): string {
  const missing = (kind: 'components' | 'models') => {
    const known = new Set(entriesAt(here, kind).map(([id]) => id));
    return tablesText(
      kind,
      entriesAt(part, kind).filter(([id]) => !known.has(id)),
    );
  };
  const added = [...missing('components'), ...missing('models')].join('\n');
  if (added === '') return text;
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  return `${text.trimEnd()}${newline}${newline}${added.replaceAll('\n', newline)}`;
}

function mountsOf(model: unknown): string[] {
  const mounts = isTable(model) && isTable(model.mounts) ? Object.values(model.mounts) : [];
  return mounts.flatMap((mount) => {
    const id = isTable(mount) ? mount.component : mount;
    return typeof id === 'string' ? [id] : [];
  });
}

const tablesText = (kind: string, entries: readonly (readonly [string, unknown])[]): string[] =>
  entries.map(([id, table]) => tableText([kind, id], isTable(table) ? table : {}));

/** Keys first, then tables, then lists of tables, as people write them: a file list has one line a key. */
function tableText(path: readonly string[], table: RawTable, isItem = false): string {
  const entries = Object.entries(table).filter(([key, value]) => !isSigned(key, value));
  const isInner = (value: unknown): boolean => isTable(value) || isTableList(value);
  const name = path.map((key) => (/^[\w-]+$/.test(key) ? key : tomlText(key))).join('.');
  const lines = entries.flatMap(([key, value]) => (isInner(value) ? [] : [`${keyText(key)} = ${tomlText(value as TomlValue)}`]));
  const inner = entries.flatMap(([key, value]) => {
    if (isTable(value)) return [tableText([...path, key], value)];
    return isTableList(value) ? value.map((item) => tableText([...path, key], item, true)) : [];
  });
  return [[isItem ? `[[${name}]]` : `[${name}]`, ...lines, ''].join('\n'), ...inner].join('\n');
}

const keyText = (key: string): string => (/^[\w-]+$/.test(key) ? key : tomlText(key));

const isTableList = (value: unknown): value is RawTable[] => Array.isArray(value) && value.length > 0 && value.every(isTable);

const isSigned = (key: string, value: unknown): boolean => key === 'url' && typeof value === 'string' && value.includes('?');
