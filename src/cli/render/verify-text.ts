import { formatRef } from '../../domain/model-ref.ts';
import type { VerifiedFile, VerifyReport } from '../../domain/results.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { formatDuration } from '../../util/format-duration.ts';
import { type Tried, valuesOf } from '../../wire/tried.ts';
import { type Fault, faultLines } from './fault-lines.ts';
import { judged, mark, paint } from './paint.ts';
import type { Screen } from './screen.ts';
import type { Column } from './table.ts';
import { triedTable } from './tried-table.ts';

const COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'MODEL' },
  { title: 'RESULT' },
  { title: 'FILES', align: 'right' },
  { title: 'READ', align: 'right' },
  { title: 'TIME', align: 'right' },
  { title: 'PROOF' },
  { title: 'PATH' },
];

export function verifyText(screen: Screen, tried: readonly Tried<VerifyReport>[]): string {
  return [...triedTable(screen, COLUMNS, { tried, row }), ...valuesOf(tried).flatMap((report) => details(screen, report))].join('\n');
}

function row(screen: Screen, report: VerifyReport): readonly string[] {
  const verdict = report.ok ? 'good' : 'bad';
  return [
    mark(screen, verdict),
    formatRef(report.ref),
    judged(screen, verdict, resultOf(report)),
    `${report.files.filter(({ ok }) => ok).length}/${report.files.length}`,
    formatBytes(report.bytesRead),
    formatDuration(report.durationMs),
    report.proof,
    report.path,
  ];
}

/** Bytes that are right and no weights are as they were published: nothing rotted. */
function resultOf({ ok, files }: VerifyReport): string {
  if (ok) return 'VERIFIED';
  if (files.every(({ fault }) => fault === 'missing')) return 'NOT_PRESENT';
  return files.every((file) => file.ok) ? 'INVALID' : 'CORRUPT';
}

function details(screen: Screen, { ref, files, extraFiles, formatFaults }: VerifyReport): readonly string[] {
  const extra = extraFiles.map((path) => `  ${path} ${paint(screen, 'dim', 'is declared by nobody (left alone)')}`);
  const formats = formatFaults.map(({ path, message }) => `  ${path} ${judged(screen, 'bad', message)}`);
  const faults = files.every(({ fault }) => fault === 'missing') ? [] : files.flatMap(faultOf);
  return [...faultLines(screen, formatRef(ref), faults), ...formats, ...extra];
}

function faultOf({ path, ok, fault, expected, found }: VerifiedFile): readonly Fault[] {
  if (ok) return [];
  const note = expected === undefined || found === undefined ? undefined : `expected ${expected}, found ${found}`;
  return [{ path, fault: fault ?? 'digest', ...(note !== undefined && { note }) }];
}
