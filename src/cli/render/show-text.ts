import { formatRef } from '../../domain/model-ref.ts';
import type { ComponentWeights, WeightFile, WeightsReport } from '../../domain/results.ts';
import type { FileSpec, ModelSpec, OverlaySpec } from '../../domain/spec.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import type { ShownPlace } from '../../wire/show-wire.ts';
import { totalBytesOf } from '../../wire/spec-wire.ts';
import { variantsText } from './list-text.ts';
import { paint } from './paint.ts';
import type { Screen } from './screen.ts';
import { type Column, properties, table } from './table.ts';

type Rows = readonly (readonly [key: string, value: string])[];

export function showText(screen: Screen, spec: ModelSpec, place: ShownPlace): string {
  const { weights, tensors } = place;
  const section = (title: string, text: string): string[] => (text === '' ? [] : ['', paint(screen, 'bold', title), text]);
  return [
    paint(screen, 'bold', formatRef(spec.ref)),
    ...(spec.description === '' ? [] : [spec.description]),
    properties(screen, facts(spec, place)),
    ...section('components', componentsTable(screen, spec, weights)),
    ...section('pipeline', properties(screen, pipelineRows(spec))),
    ...section('defaults', properties(screen, defaultRows(spec))),
    ...section('memory', properties(screen, memoryRows(spec))),
    ...section('overlays', overlaysTable(screen, spec)),
    ...section('files', table(screen, FILE_COLUMNS, spec.files.map(fileRow))),
    ...(tensors ? section('tensors', tensorsTable(screen, weights)) : []),
    ...faultLines(weights),
  ].join('\n');
}

const facts = (spec: ModelSpec, { path, sources }: ShownPlace): Rows => [
  ['family', spec.family],
  ['type', spec.type ?? ''],
  ['variants', variantsText(spec)],
  ['environments', pairs(spec.environments ?? {})],
  ['made from', derivationText(spec)],
  ['size', sizeText(spec)],
  ['resolutions', spec.resolutionCaps.join(' ')],
  ['base family', spec.baseFamily === spec.name ? '' : spec.baseFamily],
  ['lora', spec.loraRequired ? 'required' : ''],
  ['license', spec.license ?? ''],
  ['tags', spec.tags.join(' ')],
  ...sources.map((source, index): [string, string] => [index === 0 ? 'sources' : '', source]),
  ['path', path],
];

function sizeText(spec: ModelSpec): string {
  const size = `${formatBytes(totalBytesOf(spec))} in ${spec.files.length === 1 ? '1 file' : `${spec.files.length} files`}`;
  return spec.filesOpen === true ? `${size}; the others are listed from the source and pinned by \`wan models lock\`` : size;
}

function derivationText({ derivation }: ModelSpec): string {
  if (derivation === undefined) return '';
  return `${derivation.from}, as ${derivation.dtype}: ${derivation.components?.join(', ') ?? 'all weights'}`;
}

const COMPONENT_COLUMNS: readonly Column[] = [
  { title: 'COMPONENT' },
  { title: 'FILES', align: 'right' },
  { title: 'SIZE', align: 'right' },
  { title: 'PARAMETERS', align: 'right' },
  { title: 'TENSORS', align: 'right' },
  { title: 'DTYPES' },
  { title: 'PROOF' },
  { title: 'NOTE', flows: true },
];

function componentsTable(screen: Screen, spec: ModelSpec, { components }: WeightsReport): string {
  return table(
    screen,
    COMPONENT_COLUMNS,
    components.map((one) => componentRow(spec, one)),
  );
}

const componentRow = (spec: ModelSpec, one: ComponentWeights): readonly string[] => [
  one.overlay === undefined ? (one.component ?? '(none)') : `+${one.overlay}`,
  String(one.fileCount),
  formatBytes(one.totalBytes),
  one.tensorCount === 0 ? '' : one.parameterCount.toLocaleString('en'),
  one.tensorCount === 0 ? '' : String(one.tensorCount),
  dtypesText(one),
  one.proof,
  [neededText(spec, one.component), one.mountedFrom === undefined ? '' : `from ${one.mountedFrom}`, hereText(one)]
    .filter(Boolean)
    .join(', '),
];

/** `F32`, and of a mixed component how much there is of each. */
function dtypesText({ parametersByDtype }: ComponentWeights): string {
  const dtypes = Object.entries(parametersByDtype);
  if (dtypes.length < 2) return dtypes[0]?.[0] ?? '';
  return dtypes.map(([dtype, count]) => `${dtype}: ${count.toLocaleString('en')}`).join(' ');
}

function neededText(spec: ModelSpec, component: string | undefined): string {
  if (component === undefined) return '';
  if (spec.optionalComponents.includes(component)) return 'optional';
  return spec.requiredComponents.includes(component) || spec.pipeline?.requiredComponents.includes(component) === true ? 'required' : '';
}

/** What the figures do not cover. */
function hereText({ weightFileCount, readFileCount, unread }: ComponentWeights): string {
  const here = readFileCount === 0 ? 'weights not here' : `${readFileCount} of ${weightFileCount} weight files here`;
  return [readFileCount < weightFileCount ? here : '', unread.length > 0 ? 'no safetensors: not read' : ''].filter(Boolean).join(', ');
}

function pipelineRows({ pipeline, componentAliases = [] }: ModelSpec): Rows {
  const { className = '', classWrittenAs } = pipeline ?? {};
  return [
    ['class', classWrittenAs === undefined ? className : `${className} (written as ${classWrittenAs})`],
    ['modes', (pipeline?.modes ?? []).join(' ')],
    ['needs', (pipeline?.requiredComponents ?? []).join(' ')],
    ['forbids', (pipeline?.forbiddenComponents ?? []).join(' ')],
    ['inputs', inputsText(pipeline)],
    ...componentAliases.map(({ name, means }, at): [string, string] => [at === 0 ? 'aliases' : '', `${name} means ${means.join(' and ')}`]),
  ];
}

function inputsText(pipeline: ModelSpec['pipeline']): string {
  const { requiredInputs = [], forbiddenInputs = [] } = pipeline ?? {};
  return [...requiredInputs, ...forbiddenInputs.map((name) => `no ${name}`)].join(', ');
}

/** Beginning of a key -> what it is about; the first one that fits counts. */
const DEFAULT_GROUPS: Readonly<Record<string, RegExp>> = {
  video: /^(?:fps|frames|resolution)/,
  vae: /^vae_/,
  text: /^(?:max_text_length$|prompt|negative)/,
  compute: /^(?:precision|dtype)/,
  sampling: /^/,
};

function defaultRows({ defaults }: ModelSpec): Rows {
  const groups = Object.entries(DEFAULT_GROUPS);
  const groupOf = (key: string): string => groups.find(([, begins]) => begins.test(key))?.[0] ?? '';
  const grouped = Map.groupBy(Object.entries(defaults), ([key]) => groupOf(key));
  return groups.map(([group]) => [group, pairs(Object.fromEntries(grouped.get(group) ?? []))]);
}

function memoryRows({ vramEstimation: vram }: ModelSpec): Rows {
  if (vram === undefined) return [];
  return [
    ['parameters', vram.paramsBillion === undefined ? '' : `${vram.paramsBillion} billion`],
    ['size class', vram.familySize ?? ''],
    ['before the first frame', vram.baseVramGb === undefined ? '' : `${vram.baseVramGb} GB`],
    ['for each frame', vram.perFrameVramMb === undefined ? '' : `${vram.perFrameVramMb} MB`],
    ['authors ask for', vram.minVramGb === undefined ? '' : `${vram.minVramGb} GB on one GPU`],
    ['authors measured', pairs(vram.measuredPeakGb ?? {}, ' GB')],
  ];
}

const OVERLAY_COLUMNS: readonly Column[] = [
  { title: 'OVERLAY' },
  { title: 'APPLIES TO' },
  { title: 'DEFAULTS' },
  { title: 'BASE FAMILY' },
  { title: 'NOTE', flows: true },
];

function overlaysTable(screen: Screen, { overlays = [], applied = [] }: ModelSpec): string {
  if (overlays.length === 0) return '';
  const inForce = new Set(applied.map(({ name }) => name));
  return table(
    screen,
    OVERLAY_COLUMNS,
    overlays.map((overlay) => [
      overlay.name,
      bindingText(overlay),
      pairs(overlay.defaults),
      overlay.baseFamily ?? '',
      [inForce.has(overlay.name) ? 'in force' : '', overlay.description ?? ''].filter(Boolean).join(', '),
    ]),
  );
}

/** `transformer x 1, transformer_2 x 1` */
const bindingText = ({ files }: OverlaySpec): string =>
  files.flatMap(({ appliesTo, weight }) => (appliesTo === undefined ? [] : [`${appliesTo} x ${weight}`])).join(', ');

const FILE_COLUMNS: readonly Column[] = [
  { title: 'FILE' },
  { title: 'SIZE', align: 'right' },
  { title: 'COMPONENT' },
  { title: 'PROOF' },
  { title: 'NOTE', flows: true },
];

const fileRow = (file: FileSpec): readonly string[] => [
  file.path,
  formatBytes(file.sizeBytes),
  file.overlay === undefined ? (file.component ?? '') : `+${file.overlay}`,
  file.proof,
  noteOn(file),
];

const noteOn = ({ optional, mountedFrom, derive }: FileSpec): string =>
  [
    optional ? 'optional' : '',
    mountedFrom === undefined ? '' : `from ${mountedFrom}`,
    derive === undefined ? '' : `made here as ${derive.dtype}`,
  ]
    .filter(Boolean)
    .join(', ');

const TENSOR_COLUMNS: readonly Column[] = [{ title: 'FILE' }, { title: 'TENSOR' }, { title: 'DTYPE' }, { title: 'SHAPE' }];

function tensorsTable(screen: Screen, { files }: WeightsReport): string {
  const rows = files.flatMap((file) => [
    ...(file.tensors ?? []).map(({ name, dtype, shape }) => [file.path, name, dtype, `[${shape.join(', ')}]`]),
    ...(file.tensors === undefined && file.error === undefined ? [[file.path, 'not here']] : []),
  ]);
  return rows.length === 0 ? 'this model has no safetensors files' : table(screen, TENSOR_COLUMNS, rows);
}

const faultLines = ({ files }: WeightsReport): string[] =>
  files.flatMap(({ path, error }: WeightFile) => (error === undefined ? [] : [`${path}: ${error.message}`]));

function plain(value: unknown): string {
  if (Array.isArray(value)) return value.map(plain).join(' ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const pairs = (values: Readonly<Record<string, unknown>>, unit = ''): string =>
  Object.entries(values)
    .map(([key, value]) => `${key} = ${plain(value)}${unit}`)
    .join(', ');
