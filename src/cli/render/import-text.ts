/** What an import found and did, for people. */
import type { ImportedModel, ImportReport, RefusedFile } from '../../domain/import-results.ts';
import { formatRef } from '../../domain/model-ref.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { judged, mark, paint, type Verdict } from './paint.ts';
import type { Screen } from './screen.ts';
import { type Column, table } from './table.ts';

const COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'MODEL' },
  { title: 'STATE' },
  { title: 'SIZE', align: 'right' },
  { title: 'MISSING', align: 'right' },
  { title: 'PATH' },
];

const VERDICTS: Readonly<Record<ImportedModel['state'], Verdict>> = {
  published: 'good',
  complete: 'good',
  possible: 'good',
  partial: 'soft',
};
const WORDS: Readonly<Record<ImportedModel['state'], string>> = {
  published: 'COMPLETE',
  complete: 'was complete',
  possible: 'would be complete',
  partial: 'PARTIAL',
};
const NAMED = 20;

export function importText(screen: Screen, report: ImportReport): string {
  const { models, unknown } = report;
  return [
    ...(models.length > 0
      ? [
          table(
            screen,
            COLUMNS,
            models.map((model) => row(screen, model)),
          ),
        ]
      : []),
    movedLine(report),
    ...models.flatMap(({ ref, state }) =>
      state === 'partial' ? [`what is missing of ${formatRef(ref)}: wan models ensure ${formatRef(ref)}`] : [],
    ),
    ...report.refused.map((file) => refusedLine(screen, file)),
    ...listed(screen, 'could not be looked at', report.unreadable),
    ...listed(screen, 'cannot be recognised, pin them with `wan models lock`', report.unpinned),
    ...(unknown.length > 0
      ? ['', `not in the manifest, ${unknown.length === 1 ? '1 model' : `${unknown.length} models`}:`, ...unknownLines(unknown)]
      : []),
  ].join('\n');
}

const row = (screen: Screen, { ref, state, totalBytes, missingBytes, path }: ImportedModel): readonly string[] => [
  mark(screen, VERDICTS[state]),
  formatRef(ref),
  judged(screen, VERDICTS[state], WORDS[state]),
  formatBytes(totalBytes),
  state === 'partial' ? formatBytes(missingBytes) : '',
  path,
];

function movedLine({ isDryRun, adopted, presentBytes, readBytes, foundFiles, foundBytes, path }: ImportReport): string {
  const seen = `${foundFiles === 1 ? '1 file' : `${foundFiles} files`} (${formatBytes(foundBytes)}) in ${path}`;
  if (isDryRun) return `${seen}; ${formatBytes(readBytes)} would be read, ${formatBytes(presentBytes)} are here already`;
  const bytes = (files: typeof adopted): number => files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const copied = bytes(adopted.filter(({ way }) => way === 'copy'));
  return `${seen}; ${formatBytes(bytes(adopted))} taken over, ${formatBytes(copied)} of them copied; ${formatBytes(presentBytes)} were here before`;
}

function refusedLine(screen: Screen, { path, error }: RefusedFile): string {
  const why = error === undefined ? 'has other bytes than its name says' : `${error.code} ${error.message}`;
  return `${mark(screen, 'bad')} not taken: ${path} ${paint(screen, 'dim', why)}`;
}

function listed(screen: Screen, what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, NAMED).map((name) => `  ${name}`);
  const more = names.length > NAMED ? [`  and ${names.length - NAMED} more`] : [];
  return [`${mark(screen, 'soft')} ${names.length} ${what}:`, ...shown, ...more];
}

function unknownLines(unknown: ImportReport['unknown']): string[] {
  const shown = unknown.slice(0, NAMED).map(({ name, totalBytes, add }) => `  ${add ?? name}  (${formatBytes(totalBytes)})`);
  return unknown.length > NAMED ? [...shown, `  and ${unknown.length - NAMED} more: see --json`] : shown;
}
