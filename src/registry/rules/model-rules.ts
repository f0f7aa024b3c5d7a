/** Rules for one model: its id, its names, and that whatever it refers to exists. */
import { DERIVED_DTYPES } from '../../domain/derived.ts';
import { collisionKey, pathFault } from '../../domain/path-rules.ts';
import { nearest } from '../../util/nearest.ts';
import type { DraftProblem, Report } from '../draft-problem.ts';
import { OVERLAYS_FILE } from '../overlays.ts';
import type { TomlPath } from '../toml-positions.ts';
import { DEFAULT_FAMILY, filesOfVariant, mountedPath, ONLY_VARIANT } from '../variant-files.ts';
import { checkCollisions, type PlacedFile } from './collision-rules.ts';
import { checkComponentLists } from './component-rules.ts';
import { checkFile } from './file-rules.ts';
import { isFolderName } from './folder-name.ts';
import { checkOverlays } from './overlay-rules.ts';
import { childNodes, isTable, listAt, nodeAt, nodesAt, type RawNode, type RawTable, tableAt, textAt, textsAt } from './raw-table.ts';
import { checkSources } from './source-rules.ts';

export interface ModelContext {
  readonly model: RawNode;
  /** All components of the manifest, by id. */
  readonly components: ReadonlyMap<string, RawNode>;
  /** How many more mounted files are looked at. */
  readonly mounted: { left: number };
  readonly report: Report;
}

export function checkModel(context: ModelContext): void {
  const variants = checkVariantNames(context);
  checkFamily(context);
  checkVariantUses(context, variants);
  checkFiles(context);
  checkMounts(context);
  const components = componentsOf(context.model);
  checkComponentLists(context.model, components, context.report);
  checkOverlays(context.model, components, context.report);
  checkHasSources(context);
  const directories = isVariantSpecific(context) ? variants : variants.slice(0, 1);
  for (const variant of directories) checkDirectories(context, variant);
}

/** The directory of the variant, and that of each of its overlays, which has the files of both and the record of the overlay. */
function checkDirectories(context: ModelContext, variant: string): void {
  const files = directoryOf(context, variant);
  checkCollisions(files, context.report);
  for (const { node } of childNodes(context.model, 'overlays'))
    checkCollisions([...files, { path: OVERLAYS_FILE, at: node.path }, ...filesOfVariant(variant, placedFiles(node), [])], context.report);
}

function componentsOf(model: RawNode): string[] {
  const ofFiles = filesIn(model).flatMap(({ table }) => textAt(table, 'component') ?? []);
  return [...new Set([...mountsOf(model).map(({ name }) => name), ...ofFiles])];
}

/** Whether two variants may hold different files. */
function isVariantSpecific({ model, components }: ModelContext): boolean {
  const mounted = mountsOf(model).flatMap(({ component }) => components.get(component) ?? []);
  return (
    model.table.variant !== undefined ||
    [...filesIn(model), ...mounted.flatMap((node) => nodesAt(node, 'files'))].some(({ table }) => table.variants !== undefined)
  );
}

/** The names that hold; those of the wrong form or given twice are reported. */
function checkVariantNames({ model, report }: ModelContext): string[] {
  const seen = new Map<string, TomlPath>();
  for (const { text, index } of textsAt(model.table, 'variants')) {
    const path = [...model.path, 'variants', index];
    const related = seen.get(text.toLowerCase());
    if (!isFolderName(text)) report({ code: 'name_invalid', path, message: `the variant ${JSON.stringify(text)} is not a plain name` });
    if (related !== undefined)
      report({ code: 'duplicate_name', path, related, message: `the variant ${JSON.stringify(text)} is given twice` });
    seen.set(text.toLowerCase(), path);
  }
  const names = textsAt(model.table, 'variants').map(({ text }) => text);
  return names.length > 0 ? [...new Set(names)] : [ONLY_VARIANT];
}

/** Folders beside the models' that the store keeps for itself. */
const OWN_FOLDERS: ReadonlySet<string> = new Set(['components']);

function checkFamily({ model, report }: ModelContext): void {
  const family = textAt(model.table, 'family') ?? DEFAULT_FAMILY;
  if (isFolderName(family) && !OWN_FOLDERS.has(collisionKey(family))) return;
  report({
    code: 'name_invalid',
    path: [...model.path, 'family'],
    message: `the family ${JSON.stringify(family)} cannot be a folder under MODELS_ROOT`,
  });
}

function checkVariantUses({ model, report }: ModelContext, variants: readonly string[]): void {
  const check = (name: string | undefined, path: TomlPath, at: 'key' | 'value' = 'value'): void => {
    if (name !== undefined && !variants.includes(name))
      report({ code: 'unknown_variant', path, at, ...unknownName('variant', name, variants) });
  };
  check(textAt(model.table, 'default_variant'), [...model.path, 'default_variant']);
  for (const [environment, name] of Object.entries(tableAt(model.table, 'environments')))
    if (typeof name === 'string') check(name, [...model.path, 'environments', environment]);
  for (const { name, node } of childNodes(model, 'variant')) {
    check(name, node.path, 'key');
    check(textAt(node.table, 'derive_from'), [...node.path, 'derive_from']);
    checkDerivation(model, name, node, report);
  }
  for (const file of filesIn(model))
    for (const { text, index } of textsAt(file.table, 'variants')) check(text, [...file.path, 'variants', index]);
}

function checkDerivation(model: RawNode, variant: string, node: RawNode, report: Report): void {
  const from = textAt(node.table, 'derive_from');
  const dtype = textAt(node.table, 'dtype');
  const invalid = (key: string, message: string, hint?: string): void =>
    report({ code: 'derivation_invalid', path: [...node.path, key], message, ...(hint !== undefined && { hint }) });
  if (from === variant) invalid('derive_from', `the variant ${variant} is made from itself`);
  else if (from !== undefined && textAt(tableAt(tableAt(model.table, 'variant'), from), 'derive_from') !== undefined)
    invalid('derive_from', `the variant ${variant} is made from ${from}, which is derived itself`, 'derive it from what is fetched');
  if (from !== undefined && node.table.dtype === undefined)
    invalid('derive_from', `the variant ${variant} has derive_from, but no dtype`, 'add dtype = "bf16"');
  if (from !== undefined && dtype !== undefined && !DERIVABLE.has(dtype))
    invalid('dtype', `weights cannot be cast to ${JSON.stringify(dtype)}`, `one of: ${DERIVED_DTYPES.join(', ')}`);
}

const DERIVABLE: ReadonlySet<string> = new Set(DERIVED_DTYPES);

/** Every file entry of the model, its variants and its overlays. */
function filesIn(model: RawNode): RawNode[] {
  const tables = [model, ...childNodes(model, 'variant').map(({ node }) => node), ...childNodes(model, 'overlays').map(({ node }) => node)];
  return tables.flatMap((node) => nodesAt(node, 'files'));
}

function checkFiles({ model, report }: ModelContext): void {
  for (const file of filesIn(model)) checkFile(file, report);
  checkSources(nodeAt(model, 'sources'), report);
  for (const { node } of childNodes(model, 'variant')) checkSources(nodeAt(node, 'sources'), report);
}

interface Mount {
  readonly name: string;
  readonly component: string;
  readonly folder: string;
  readonly path: TomlPath;
}

function mountsOf(model: RawNode): Mount[] {
  return Object.entries(tableAt(model.table, 'mounts')).flatMap(([name, value]) => {
    const component = isTable(value) ? textAt(value, 'component') : value;
    if (typeof component !== 'string') return [];
    const folder = (isTable(value) ? textAt(value, 'path') : undefined) ?? name;
    return [{ name, component, folder, path: [...model.path, 'mounts', name] }];
  });
}

function checkMounts({ model, components, report }: ModelContext): void {
  for (const { component, folder, path } of mountsOf(model)) {
    if (!components.has(component))
      report({ code: 'unknown_component', path, ...unknownName('component', component, [...components.keys()]) });
    const fault = folder === '.' ? undefined : pathFault(folder);
    if (fault !== undefined)
      report({ code: fault.reason, path, message: `the folder ${JSON.stringify(folder.slice(0, 120))} ${fault.message}` });
  }
}

function checkHasSources({ model, report }: ModelContext): void {
  const variants = Object.values(tableAt(model.table, 'variant'));
  const hasSources =
    model.table.sources !== undefined ||
    (variants.length > 0 && variants.every((variant) => isTable(variant) && variant.sources !== undefined));
  const files = listAt(model.table, 'files');
  const hasUrls = files.length > 0 && files.every((file) => isTable(file) && file.url !== undefined);
  const onlyMounts = model.table.files === undefined && mountsOf(model).length > 0;
  if (!hasSources && !hasUrls && !onlyMounts)
    report({
      code: 'no_sources',
      path: model.path,
      at: 'key',
      message: `nothing says where ${JSON.stringify(model.path[1])} comes from`,
      hint: `add sources = { priority = ["hf://org/repo"] }`,
    });
}

const TOO_MANY_MOUNTED = {
  message: 'the mounts of this manifest add up to millions of files',
  hint: 'split it, or make the components smaller',
};

/** All files that the directory of a variant would hold, mounted ones under their path there. */
function directoryOf({ model, components, mounted: budget, report }: ModelContext, variant: string): PlacedFile[] {
  const ofTable = placedFiles(nodeAt(nodeAt(model, 'variant'), variant));
  const mounted = mountsOf(model).flatMap(({ component, folder, path }) => {
    const node = components.get(component);
    const wasLeft = budget.left;
    budget.left -= node === undefined ? 0 : listAt(node.table, 'files').length;
    if (wasLeft >= 0 && budget.left < 0) report({ code: 'manifest_too_large', path, ...TOO_MANY_MOUNTED });
    if (budget.left < 0) return [];
    const files = node === undefined ? [] : filesOfVariant(variant, placedFiles(node), []);
    return files.map((file) => ({ path: mountedPath(folder, file.path), at: path }));
  });
  return [...filesOfVariant(variant, placedFiles(model), ofTable), ...mounted];
}

export function placedFiles(node: RawNode): PlacedFile[] {
  return nodesAt(node, 'files').flatMap(({ table, path }) => {
    const file = textAt(table, 'path');
    if (file === undefined) return [];
    const variants = variantsOf(table);
    return [{ path: file, at: [...path, 'path'], ...(variants !== undefined && { variants }) }];
  });
}

const variantsOf = (table: RawTable): string[] | undefined =>
  table.variants === undefined ? undefined : textsAt(table, 'variants').map(({ text }) => text);

/** Keeps a hint cheap where thousands of names are wrong. */
const MAX_COMPARED = 200;

function unknownName(what: string, name: string, existing: readonly string[]): Pick<DraftProblem, 'message' | 'hint'> {
  const hint = () => {
    const near = nearest(name, existing.slice(0, MAX_COMPARED));
    return near === undefined ? `existing: ${existing.slice(0, 10).join(', ') || 'none'}` : `did you mean ${near}?`;
  };
  return { message: `there is no ${what} ${JSON.stringify(name)}`, hint };
}
