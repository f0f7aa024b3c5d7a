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
const OPEN = { verdict: 'soft', word: 'may be complete' } as const satisfies { verdict: Verdict; word: string };
const WORDS: Readonly<Record<ImportedModel['state'], string>> = {
  published: 'COMPLETE',
  complete: 'was complete',
  possible: 'would be complete',
  partial: 'PARTIAL',
};
const NAMED = 20;
const OPEN_NAMED = 3;

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
    ...models.flatMap(openLine),
    ...report.refused.map((file) => refusedLine(screen, file)),
    ...listed(screen, 'could not be looked at', report.unreadable),
    ...listed(screen, 'cannot be recognised, pin them with `wan models lock`', report.unpinned),
    ...(unknown.length > 0
      ? ['', `not in the manifest, ${unknown.length === 1 ? '1 model' : `${unknown.length} models`}:`, ...unknownLines(unknown)]
      : []),
  ].join('\n');
}

function row(screen: Screen, model: ImportedModel): readonly string[] {
  const { ref, state, totalBytes, openFiles, path } = model;
  const { verdict, word } = state === 'possible' && openFiles.length > 0 ? OPEN : { verdict: VERDICTS[state], word: WORDS[state] };
  return [mark(screen, verdict), formatRef(ref), judged(screen, verdict, word), formatBytes(totalBytes), missingText(model), path];
}

function missingText({ state, missingBytes, openBytes, openFiles }: ImportedModel): string {
  const [least, most] = [formatBytes(missingBytes), formatBytes(missingBytes + openBytes)];
  if (state !== 'partial' && openFiles.length === 0) return '';
  return least === most ? least : `${least} to ${most}`;
}

/** What a dry run cannot tell, where that decides. */
function openLine({ ref, state, openFiles }: ImportedModel): string[] {
  if (state !== 'possible' || openFiles.length === 0) return [];
  const more = openFiles.length > OPEN_NAMED ? ` and ${openFiles.length - OPEN_NAMED} more` : '';
  const named = `${openFiles.slice(0, OPEN_NAMED).join(', ')}${more}`;
  return [`only reading tells whether ${formatRef(ref)} is whole: what was found may be ${named}, or another file of the same size`];
}

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
