import type { CorruptBlob, ScrubReport } from '../../domain/scrub.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { formatDuration } from '../../util/format-duration.ts';
import { minuteOf } from '../../util/minute-of.ts';
import { judged, mark } from './paint.ts';
import type { Screen } from './screen.ts';
import { type Column, table } from './table.ts';

const COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'BLOBS', align: 'right' },
  { title: 'RIGHT', align: 'right' },
  { title: 'CORRUPT', align: 'right' },
  { title: 'NOT DUE', align: 'right' },
  { title: 'LEFT', align: 'right' },
  { title: 'READ', align: 'right' },
  { title: 'TIME', align: 'right' },
  { title: 'OLDEST PROOF' },
];

export function scrubText(screen: Screen, report: ScrubReport): string {
  const verdict = report.ok ? 'good' : 'bad';
  const row = [
    mark(screen, verdict),
    ...[report.blobCount, report.rightCount, report.corrupt.length, report.skippedCount, report.leftCount].map(String),
    formatBytes(report.bytesRead),
    formatDuration(report.durationMs),
    report.oldestProofAt === undefined ? '' : minuteOf(report.oldestProofAt),
  ];
  const resumed = report.isResumed ? ['went on with the round that was cut short'] : [];
  return [table(screen, COLUMNS, [row]), ...resumed, ...report.corrupt.map((blob) => blobLine(screen, blob))].join('\n');
}

function blobLine(screen: Screen, { digest, sizeBytes, found, models }: CorruptBlob): string {
  const what = found.startsWith('unreadable') ? found : `holds other bytes (found ${found})`;
  return `  ${digest}, ${formatBytes(sizeBytes)}, ${judged(screen, 'bad', what)}: ${models.length === 0 ? 'of no model here' : models.join(', ')}`;
}
