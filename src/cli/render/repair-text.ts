import { formatRef } from '../../domain/model-ref.ts';
import type { RepairedFile, RepairReport } from '../../domain/repair.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { formatDuration } from '../../util/format-duration.ts';
import { type Tried, valuesOf } from '../../wire/tried.ts';
import { faultWords } from './fault-lines.ts';
import { judged, mark, paint, type Verdict } from './paint.ts';
import type { Screen } from './screen.ts';
import type { Column } from './table.ts';
import { triedTable } from './tried-table.ts';

const COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'MODEL' },
  { title: 'RESULT' },
  { title: 'WRONG', align: 'right' },
  { title: 'READ', align: 'right' },
  { title: 'FETCHED', align: 'right' },
  { title: 'TIME', align: 'right' },
  { title: 'PATH' },
];

export function repairText(screen: Screen, tried: readonly Tried<RepairReport>[]): string {
  return [...triedTable(screen, COLUMNS, { tried, row }), ...valuesOf(tried).flatMap((report) => details(screen, report))].join('\n');
}

function row(screen: Screen, report: RepairReport): readonly string[] {
  const [verdict, word] = resultOf(report);
  return [
    mark(screen, verdict),
    formatRef(report.ref),
    judged(screen, verdict, word),
    `${report.files.length}/${report.fileCount}`,
    formatBytes(report.bytesRead),
    formatBytes(report.fetchedBytes),
    formatDuration(report.durationMs),
    report.path,
  ];
}

function resultOf({ ok, files, isDryRun }: RepairReport): readonly [Verdict, string] {
  if (isDryRun && !ok) return ['bad', 'TO MEND'];
  return ['good', files.length === 0 ? 'GOOD' : 'MENDED'];
}

function details(screen: Screen, report: RepairReport): readonly string[] {
  const { ref, files, extraFiles, isDryRun, ok } = report;
  const lines = files.flatMap((file) => fileLines(screen, file, isDryRun));
  const extra = extraFiles.map((path) => `  ${path} ${paint(screen, 'dim', 'is declared by nobody (left alone)')}`);
  if (lines.length + extra.length === 0) return [];
  const next = isDryRun && !ok ? [`  mend with \`wan models repair ${formatRef(ref)}\``] : [];
  return ['', paint(screen, 'bold', formatRef(ref)), ...lines, ...extra, ...next];
}

function fileLines(screen: Screen, file: RepairedFile, isDryRun: boolean): readonly string[] {
  const [verdict, words] = faultWords(file.fault);
  const kept = file.quarantined.map((path) => `    ${paint(screen, 'dim', `the bad bytes are kept: ${path}`)}`);
  const past = isDryRun ? 'it ' : 'it was ';
  return [
    `  ${file.path} ${judged(screen, verdict, isDryRun ? words : words.replace(/^(?:is|has|holds)\b/, toPast))}: ${past}${wayWords(file, isDryRun)}`,
    ...kept,
  ];
}

const PAST: Readonly<Record<string, string>> = { is: 'was', has: 'had', holds: 'held' };
const toPast = (word: string): string => PAST[word] ?? word;

function wayWords({ way, fetchedBytes, badPieces, pieceCount }: RepairedFile, isDryRun: boolean): string {
  const to = isDryRun ? 'would be ' : '';
  const size = formatBytes(fetchedBytes);
  switch (way) {
    case 'relink':
      return `${to}made again of bytes that are here`;
    case 'derive':
      return `${to}made here again`;
    case 'pieces':
      return `${to}completed with ${badPieces === undefined ? 'the pieces that lacked' : `${badPieces.length} of ${pieceCount} pieces`}, ${size}`;
    case 'whole':
      return `${to}fetched whole, ${size}${badPieces === undefined ? ': no pieces of it are on record, so good ones cannot be told from bad ones' : ''}`;
  }
}
