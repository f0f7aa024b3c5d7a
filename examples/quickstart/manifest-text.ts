/** models.toml of the miniature family, as a person would write it. */
import type { Bundle, Model, Overlay } from './family.ts';
import { VERSION } from './family.ts';
import type { ModelFile } from './model-files.ts';

export interface Fingerprint {
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** `{bundle} {path}` -> what was written there. */
export type Fingerprints = ReadonlyMap<string, Fingerprint>;

export interface ManifestParts {
  readonly stamp: string;
  readonly components: readonly Bundle[];
  readonly models: readonly Model[];
  readonly fingerprints: Fingerprints;
}

/** Where the two mirrors keep a bundle, relative to the manifest. */
export const folderOf = {
  component: (name: string): string => `components/${name}@${VERSION}`,
  model: (name: string): string => `wan22/${name}@${VERSION}`,
  overlay: (model: string, name: string): string => `overlays/${model}@${VERSION}/${name}`,
};

export function manifestText({ stamp, components, models, fingerprints }: ManifestParts): string {
  return [
    stamp,
    'schema_version = 1',
    '# Parts that several models share: fetched once, kept once, linked into each model that mounts them.',
    ...components.map((component) => componentText(component, fingerprints)),
    ...models.map((model) => modelText(model, fingerprints)),
  ].join('\n\n');
}

function componentText(component: Bundle, fingerprints: Fingerprints): string {
  const table = `components."${component.name}@${VERSION}"`;
  return [
    `[${table}]`,
    `description = ${quote(component.description)}`,
    '',
    sourcesText(table, folderOf.component(component.name)),
    ...component.files.map((file) => fileText({ table, file, print: fingerprintOf(component, file, fingerprints) })),
  ].join('\n');
}

function modelText(model: Model, fingerprints: Fingerprints): string {
  const table = `models."${model.name}@${VERSION}"`;
  return [
    `[${table}]`,
    `description = ${quote(model.description)}`,
    `version = "${VERSION}"`,
    `type = "${model.type}"`,
    'variants = ["fp32", "bf16"]',
    'default_variant = "fp32"',
    'environments = { production = "fp32", development = "bf16" }',
    `resolution_caps = ${list(model.resolutionCaps)}`,
    'license = "Apache-2.0"',
    '',
    `[${table}.mounts]`,
    ...Object.entries(model.mounts).map(([mount, component]) => `${mount} = "${component}@${VERSION}"`),
    '',
    `[${table}.pipeline]`,
    `class = "${model.pipelineClass}"`,
    '',
    `[${table}.defaults]`,
    ...Object.entries(model.defaults).map(([key, value]) => `${key} = ${value}`),
    '',
    sourcesText(table, folderOf.model(model.name)),
    ...model.files.map((file) => fileText({ table, file, print: fingerprintOf(model, file, fingerprints) })),
    '',
    '# Made here from the F32 weights, instead of being fetched.',
    `[${table}.variant.bf16]`,
    'derive_from = "fp32"',
    'dtype = "bf16"',
    `derive_components = ${list(transformersOf(model))}`,
    ...(model.overlays ?? []).map((overlay) => overlayText(model, overlay, fingerprints)),
  ].join('\n');
}

function overlayText(model: Model, overlay: Overlay, fingerprints: Fingerprints): string {
  const table = `models."${model.name}@${VERSION}".overlays.${overlay.name}`;
  return [
    '',
    `[${table}]`,
    `description = ${quote(overlay.description)}`,
    `base_family = ${quote(overlay.baseFamily)}`,
    '',
    `[${table}.defaults]`,
    ...Object.entries(overlay.defaults).map(([key, value]) => `${key} = ${value}`),
    '',
    sourcesText(table, folderOf.overlay(model.name, overlay.name)),
    ...overlay.files.map((file) => fileText({ table, file, print: fingerprintOf(overlay, file, fingerprints) })),
  ].join('\n');
}

const transformersOf = ({ files }: Model): string[] => [
  ...new Set(files.flatMap(({ component }) => (component?.startsWith('transformer') ? [component] : []))),
];

const sourcesText = (table: string, folder: string): string =>
  [`[${table}.sources]`, `priority = ${list([`local://mirror-a/${folder}`, `local://mirror-b/${folder}`])}`].join('\n');

function fileText({ table, file, print }: { table: string; file: ModelFile; print: Fingerprint }): string {
  return [
    '',
    `[[${table}.files]]`,
    `path = "${file.path}"`,
    `size = ${print.sizeBytes}`,
    `sha256 = "${print.sha256}"`,
    ...(file.component === undefined ? [] : [`component = "${file.component}"`]),
    ...(file.appliesTo === undefined ? [] : [`applies_to = "${file.appliesTo}"`]),
    ...(file.shardIndex ? ['shard_index = true'] : []),
    ...(file.shardPart === undefined ? [] : [`shard_part = ${file.shardPart}`]),
  ].join('\n');
}

function fingerprintOf(bundle: Bundle, file: ModelFile, fingerprints: Fingerprints): Fingerprint {
  const print = fingerprints.get(`${bundle.name} ${file.path}`);
  if (print === undefined) throw new Error(`${bundle.name} ${file.path} was not written`);
  return print;
}

const quote = (text: string): string => JSON.stringify(text);
const list = (items: readonly string[]): string => `[${items.map(quote).join(', ')}]`;
