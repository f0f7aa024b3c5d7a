import { formatRef } from '../../domain/model-ref.ts';
import type { FileSpec, ModelSpec } from '../../domain/spec.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { totalBytesOf } from '../wire/spec-wire.ts';
import { variantsText } from './list-text.ts';
import { paint } from './paint.ts';
import type { Screen } from './screen.ts';
import { type Column, properties, table } from './table.ts';

const COLUMNS: readonly Column[] = [
  { title: 'FILE' },
  { title: 'SIZE', align: 'right' },
  { title: 'COMPONENT' },
  { title: 'PROOF' },
  { title: 'NOTE' },
];

export function showText(screen: Screen, spec: ModelSpec, { path, sources }: { path: string; sources: readonly string[] }): string {
  const head = [paint(screen, 'bold', formatRef(spec.ref)), spec.description].filter((line) => line !== '');
  return [...head, facts(screen, spec, { path, sources }), '', table(screen, COLUMNS, spec.files.map(row))].join('\n');
}

function facts(screen: Screen, spec: ModelSpec, { path, sources }: { path: string; sources: readonly string[] }): string {
  return properties(screen, [
    ['family', spec.family],
    ['type', spec.type ?? ''],
    ['variants', variantsText(spec)],
    ['size', `${formatBytes(totalBytesOf(spec))} in ${spec.files.length === 1 ? '1 file' : `${spec.files.length} files`}`],
    ['components', componentsText(spec)],
    ['resolutions', spec.resolutionCaps.join(' ')],
    ['lora', spec.loraRequired ? 'required' : ''],
    ['license', spec.license ?? ''],
    ['tags', spec.tags.join(' ')],
    ...sources.map((source, index): [string, string] => [index === 0 ? 'sources' : '', source]),
    ...Object.entries(spec.defaults).map(([key, value], index): [string, string] => [
      index === 0 ? 'defaults' : '',
      `${key} = ${plain(value)}`,
    ]),
    ['path', path],
  ]);
}

const componentsText = ({ requiredComponents, optionalComponents }: ModelSpec): string =>
  [...requiredComponents, ...optionalComponents.map((name) => `${name} (optional)`)].join(' ');

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const row = (file: FileSpec): readonly string[] => [
  file.path,
  formatBytes(file.sizeBytes),
  file.component ?? '',
  file.proof,
  [file.optional ? 'optional' : '', file.mountedFrom === undefined ? '' : `from ${file.mountedFrom}`].filter(Boolean).join(', '),
];
