import { hasWork, type RebuildReport, type RebuiltSnapshot } from '../../domain/rebuild.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { formatDuration } from '../../util/format-duration.ts';
import { judged, mark, paint, type Verdict } from './paint.ts';
import type { Screen } from './screen.ts';
import { type Column, table } from './table.ts';

const COLUMNS: readonly Column[] = [{ title: '' }, { title: 'WHAT' }, { title: 'COUNT', align: 'right' }, { title: 'NOTE', flows: true }];

export function rebuildText(screen: Screen, report: RebuildReport): string {
  const rows = linesOf(report).map(([verdict, what, count, note]) => [mark(screen, verdict), what, String(count), note]);
  return [table(screen, COLUMNS, rows), ...report.snapshots.flatMap((one) => snapshotLines(screen, one)), ...nextStep(report)].join('\n');
}

type Line = readonly [verdict: Verdict, what: string, count: number, note: string];

/** Those that have something to say. */
function linesOf(report: RebuildReport): readonly Line[] {
  const { isDryRun, readCount, badBlobs, adoptedCount, links, derivationCount, snapshotCount, snapshots } = report;
  const size = formatBytes(report.bytesRead);
  const rebuilt = snapshots.filter(({ state }) => state === 'rebuilt').length;
  const done: Verdict = isDryRun ? 'soft' : 'good';
  const all: readonly Line[] = [
    ['good', 'blobs', report.blobCount, `${report.provenCount} with a proof on record`],
    [
      done,
      isDryRun ? 'blobs to read' : 'blobs proven',
      readCount,
      isDryRun ? `${size} to read` : `${size} read in ${formatDuration(report.durationMs)}`,
    ],
    ['bad', 'bad blobs', badBlobs.length, 'marked: their models are CORRUPT until they are mended'],
    [done, isDryRun ? 'blobs to give back' : 'blobs given back', adoptedCount, 'links of files that models still have'],
    [
      done,
      isDryRun ? 'files to relink' : 'files relinked',
      links.length,
      isDryRun ? 'they are copies of blobs that are here' : 'they were copies of blobs that are here',
    ],
    ['good', 'models', snapshotCount, `${snapshotCount - snapshots.filter(({ state }) => state !== 'kept').length} with a record`],
    [done, isDryRun ? 'records to rebuild' : 'records rebuilt', rebuilt, 'of models whose record was lost'],
    [done, 'derivations', derivationCount, isDryRun ? 'to put on record' : 'put on record'],
    [done, 'STORE.json', Number(report.storeRecordMade), isDryRun ? 'is lost' : 'was lost, and is made anew'],
  ];
  return all.filter(([, what, count]) => count > 0 || what === 'blobs' || what === 'models');
}

const SHOWN = 10;

function snapshotLines(screen: Screen, { path, ref, state, badFiles, missingFiles }: RebuiltSnapshot): readonly string[] {
  const why =
    ref === undefined
      ? 'its record is lost, and the manifest does not name it (left alone)'
      : 'its record is lost, and none of its files is right';
  const lines = [
    ...(state === 'lost' ? [judged(screen, 'bad', why)] : []),
    ...badFiles.map((file) => `${file} ${judged(screen, 'bad', 'holds other bytes')}`),
    ...missingFiles.map((file) => `${file} ${judged(screen, 'soft', 'is missing')}`),
  ];
  if (lines.length === 0) return [];
  const more = lines.length > SHOWN ? [`  and ${lines.length - SHOWN} more (--json names them all)`] : [];
  return ['', paint(screen, 'bold', ref ?? path), ...lines.slice(0, SHOWN).map((line) => `  ${line}`), ...more];
}

const nextStep = (report: RebuildReport): readonly string[] =>
  report.isDryRun && hasWork(report) ? ['', 'rebuild with `wan models rebuild`'] : [];
