/** What `add`, `remove` and `diff` did or found, for people. */
import type { AddReport, DiffReport, DropReport } from '../../domain/lock-results.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { changeLines } from './change-lines.ts';
import { mark, paint } from './paint.ts';
import type { Screen } from './screen.ts';
import { properties } from './table.ts';

export function addText(screen: Screen, report: AddReport): string {
  const { id, source, revision, family, type, license, fileCount, totalBytes, readBytes, manifestPath, lockfilePath } = report;
  const facts = properties(screen, [
    ['source', [source, revision].filter(Boolean).join(' at ')],
    ['license', license ?? 'not told by the source: look it up before you use the model'],
    ['type', type ?? 'not told by the source: --type says it'],
    ['family', family],
    ['size', `${formatBytes(totalBytes)} in ${fileCount === 1 ? '1 file' : `${fileCount} files`}`],
    ['read', readBytes === 0 ? '' : `${formatBytes(readBytes)} for digests that nobody publishes`],
    ['manifest', manifestPath],
    ['lockfile', lockfilePath],
  ]);
  return [`${mark(screen, 'good')} ${paint(screen, 'bold', id)} added`, facts, `next: wan models ensure ${id}`].join('\n');
}

export function removeText(screen: Screen, { models, unmounted }: DropReport): string {
  const lines = models.flatMap(({ id, keptDirectory }) => [
    `${mark(screen, 'good')} ${paint(screen, 'bold', id)} removed from manifest and lockfile`,
    ...(keptDirectory === undefined ? [] : [`  its files are still here: ${keptDirectory} (\`wan models rm ${id}\` removes them)`]),
  ]);
  const components = unmounted.map((id) => `${mark(screen, 'soft')} no model mounts ${id} any more; it stays in the manifest`);
  return [...lines, ...components].join('\n');
}

export function diffText(screen: Screen, { from, to, changes, fromBytes, toBytes, moveBytes }: DiffReport): string {
  const head = [
    `from ${from}  ${paint(screen, 'dim', formatBytes(fromBytes))}`,
    `to   ${to}  ${paint(screen, 'dim', formatBytes(toBytes))}`,
  ];
  if (changes.length === 0) return [...head, 'no difference'].join('\n');
  const files = changes.length === 1 ? '1 file differs' : `${changes.length} files differ`;
  return [...head, ...changeLines(screen, changes), `${files}; ${formatBytes(moveBytes)} would move`].join('\n');
}
