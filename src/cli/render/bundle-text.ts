/** What `wan models bundle` made, found or did, for people. */
import type { BundleApplied, BundleCreated, BundleFacts, BundleInspected, BundleVerified } from '../../domain/bundle-results.ts';
import { formatRef } from '../../domain/model-ref.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { mark, paint } from './paint.ts';
import type { Screen } from './screen.ts';
import { type Column, properties, table } from './table.ts';

const COLUMNS: readonly Column[] = [{ title: 'MODEL' }, { title: 'FILES', align: 'right' }, { title: 'SIZE', align: 'right' }];

const ENTRY_COLUMNS: readonly Column[] = [
  { title: 'IN NO MANIFEST', most: 40 },
  { title: 'TYPE' },
  { title: 'MADE' },
  { title: 'TAGS', most: 30 },
  { title: 'DESCRIPTION', flows: true },
];

export function createdText(screen: Screen, created: BundleCreated): string {
  const { path, written, resumedBytes } = created;
  const done = written ? 'written' : 'is there already, and is this very bundle';
  const resumed = resumedBytes > 0 ? [`${formatBytes(resumedBytes)} of it had been written before`] : [];
  return [
    `${mark(screen, 'good')} ${paint(screen, 'bold', path)} ${done}`,
    ...resumed,
    ...factsText(screen, created),
    'compare the checksum where it arrives: wan models bundle inspect PATH',
  ].join('\n');
}

export const inspectedText = (screen: Screen, inspected: BundleInspected): string =>
  [
    paint(screen, 'bold', inspected.path),
    ...factsText(screen, inspected),
    ...entriesText(screen, inspected.entries),
    'its sizes and frame are right; its bytes are read by: wan models bundle apply PATH --verify-only',
  ].join('\n');

export const verifiedText = (screen: Screen, verified: BundleVerified): string =>
  [
    `${mark(screen, 'good')} ${paint(screen, 'bold', verified.path)} is whole: ${formatBytes(verified.verifiedBytes)} read, every file as its digest says`,
    ...factsText(screen, verified),
  ].join('\n');

export function appliedText(screen: Screen, { applied, adoptedBytes, presentBytes, checksum, ...places }: BundleApplied): string {
  const rows = applied.map(({ ref, path, totalBytes }) => [
    mark(screen, 'good'),
    formatRef(ref),
    'COMPLETE',
    formatBytes(totalBytes),
    path,
  ]);
  const columns: readonly Column[] = [
    { title: '' },
    { title: 'MODEL' },
    { title: 'STATE' },
    { title: 'SIZE', align: 'right' },
    { title: 'PATH' },
  ];
  const added = [places.manifest, places.registry].flatMap((place) => (place === undefined ? [] : [addedText(place)]));
  const moved = `${formatBytes(adoptedBytes)} out of the bundle ${checksum.slice(0, 16)}, ${formatBytes(presentBytes)} were here before`;
  return [table(screen, columns, rows), moved, ...added].join('\n');
}

const addedText = ({ path, added }: { readonly path: string; readonly added: readonly string[] }): string =>
  `${path} has now ${added.length === 0 ? 'all of them, as before' : added.join(', ')}`;

function entriesText(screen: Screen, entries: BundleInspected['entries']): string[] {
  if (entries.length === 0) return [];
  const rows = entries.map(({ modelId, type = '', createdAt, tags = [], description = '' }) => [
    modelId,
    type,
    createdAt.slice(0, 10),
    tags.join(', '),
    description.replaceAll(/\s+/g, ' '),
  ]);
  return [table(screen, ENTRY_COLUMNS, rows)];
}

function factsText(screen: Screen, { models, checksum, sizeBytes, partCount, blobCount, blobBytes }: BundleFacts): string[] {
  const rows = models.map(({ ref, fileCount, totalBytes }) => [ref, String(fileCount), formatBytes(totalBytes)]);
  return [
    properties(screen, [
      ['checksum', inGroups(checksum)],
      ['size', `${formatBytes(sizeBytes)}${partCount === 1 ? '' : ` in ${partCount} parts`}`],
      ['holds', `${formatBytes(blobBytes)} in ${blobCount === 1 ? '1 blob' : `${blobCount} blobs`}, each once`],
    ]),
    table(screen, COLUMNS, rows),
  ];
}

/** As it is read aloud. */
const inGroups = (hex: string): string => (hex.match(/.{8}/g) ?? []).join(' ');
