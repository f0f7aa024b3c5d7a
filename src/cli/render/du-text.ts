import type { ByteSum, ClassUsage, DiskUsage, HolderUsage } from '../../domain/disk-usage.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { RECLAIM } from '../../wire/du-wire.ts';
import { judged, paint } from './paint.ts';
import type { Screen } from './screen.ts';
import { type Column, table } from './table.ts';

export const DU_GROUPS = ['model', 'family', 'component'] as const;
export type DuGroup = (typeof DU_GROUPS)[number];

const SUM_COLUMNS: readonly Column[] = [
  { title: 'FILES', align: 'right' },
  { title: 'APPARENT', align: 'right' },
  { title: 'ON DISK', align: 'right' },
];

const CLASS_COLUMNS: readonly Column[] = [{ title: 'CLASS' }, ...SUM_COLUMNS, { title: 'GIVEN BACK BY', flows: true }];
const holderColumns = (title: string): readonly Column[] => [
  { title },
  ...SUM_COLUMNS,
  { title: 'UNIQUE', align: 'right' },
  { title: 'NOTE', flows: true },
];

/** What the whole is made of, then the largest holders, then how sharing is done here and what it costs. */
export function duText(screen: Screen, usage: DiskUsage, by: DuGroup): string {
  const blocks = [head(screen, usage), classTable(screen, usage), holderTable(screen, usage, by), notes(screen, usage)];
  return blocks.filter((block) => block !== '').join('\n\n');
}

const head = (screen: Screen, { root, total, volume }: DiskUsage): string =>
  `${paint(screen, 'bold', root)}: ${formatBytes(total.diskBytes)} on disk, ${formatBytes(volume.freeBytes)} of ${formatBytes(volume.totalBytes)} are free`;

function classTable(screen: Screen, { classes, total }: DiskUsage): string {
  const rows = classes.filter(({ allocatedBytes, fileCount }) => allocatedBytes + fileCount > 0).map(classRow);
  return table(screen, CLASS_COLUMNS, [...rows, ['total', ...sumCells(total), '']]);
}

const classRow = ({ byteClass, ...sum }: ClassUsage): readonly string[] => [byteClass, ...sumCells(sum), RECLAIM[byteClass] ?? ''];

const sumCells = ({ fileCount, apparentBytes, diskBytes }: ByteSum): readonly string[] => [
  String(fileCount),
  formatBytes(apparentBytes),
  formatBytes(diskBytes),
];

function holderTable(screen: Screen, usage: DiskUsage, by: DuGroup): string {
  const row = (holder: HolderUsage, note: string): readonly string[] => [
    holder.name,
    ...sumCells(holder),
    formatBytes(holder.uniqueBytes),
    note,
  ];
  const rows = {
    model: () =>
      usage.models.map((model) =>
        row(model, !model.isReadable ? judged(screen, 'bad', 'no readable record') : model.isPinned ? 'pinned' : ''),
      ),
    family: () => usage.families.map((family) => row(family, '')),
    component: () => usage.components.map((component) => row(component, '')),
  }[by]();
  return rows.length === 0 ? '' : table(screen, holderColumns(by.toUpperCase()), rows);
}

function notes(screen: Screen, { sharing, models, tiers }: DiskUsage): string {
  const { hardLinkedBytes, reflinkedBytes, copiedBytes } = sharing;
  const unreadable = models.filter(({ isReadable }) => !isReadable).map(({ name }) => name);
  return [
    hardLinkedBytes > 0 ? `${formatBytes(hardLinkedBytes)} stand under further names that cost nothing: hard links` : '',
    reflinkedBytes > 0 ? `${formatBytes(reflinkedBytes)} stand in further files that cost nothing: reflinks` : '',
    copiedBytes > 0
      ? judged(
          screen,
          'soft',
          `second files of ${formatBytes(copiedBytes)} cost as much again: copies, since this volume has neither reflinks nor hard links`,
        )
      : '',
    ...tiers.map(
      ({ name, modelCount, storedBytes }) =>
        `${modelCount === 1 ? '1 more model lies' : `${modelCount} more models lie`} in the tier ${name}, in ${formatBytes(storedBytes)}: \`wan models tier status\``,
    ),
    unreadable.length > 0
      ? judged(
          screen,
          'bad',
          `no blob is given back as long as ${unreadable.join(', ')} has no readable record: \`wan models ensure\` or \`rm\` mends that`,
        )
      : '',
  ]
    .filter((line) => line !== '')
    .join('\n');
}
