/** Aligned tables. Nothing is ever cut: a table too wide for the screen is shown as one block a row instead. */
import { displayWidth, padEnd, padStart } from './display-width.ts';
import { paint } from './paint.ts';
import type { Screen } from './screen.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

const GAP = '  ';

export function table(screen: Screen, columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const used = columns.map((column, index) => ({ ...column, index })).filter(({ index }) => rows.some((row) => row[index]));
  const widths = used.map(({ title, index }) => Math.max(displayWidth(title), ...rows.map((row) => displayWidth(row[index] ?? ''))));
  const total = widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length);
  if (total > screen.columns) return blocks(screen, columns, rows);
  const line = (cellOf: (index: number, title: string) => string): string =>
    used
      .map(({ align, index, title }, at) => (align === 'right' ? padStart : padEnd)(cellOf(index, title), widths[at] ?? 0))
      .join(GAP)
      .trimEnd();
  const head = used.some(({ title }) => title !== '')
    ? [
        paint(
          screen,
          'dim',
          line((_, title) => title),
        ),
      ]
    : [];
  return [...head, ...rows.map((row) => line((index) => row[index] ?? ''))].join('\n');
}

/** One block a row: its first named cell as title, the others under it with their column's name. */
function blocks(screen: Screen, columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const first = columns.findIndex(({ title }) => title !== '');
  return rows.map((row) => [heading(row, first), ...details(screen, columns, { row, first })].join('\n')).join('\n');
}

const heading = (row: readonly string[], first: number): string =>
  row
    .slice(0, first + 1)
    .filter((cell) => cell !== '')
    .join(' ');

function details(screen: Screen, columns: readonly Column[], { row, first }: { row: readonly string[]; first: number }): string[] {
  return columns.flatMap(({ title }, index) => {
    const cell = row[index];
    return index <= first || !cell ? [] : [`${GAP}${paint(screen, 'dim', title.toLowerCase())} ${cell}`.replace('  ', GAP)];
  });
}

/** `key  value` lines with the keys aligned; rows without a value are left out. */
export function properties(screen: Screen, rows: readonly (readonly [key: string, value: string])[]): string {
  const shown = rows.filter(([, value]) => value !== '');
  const width = Math.max(0, ...shown.map(([key]) => displayWidth(key)));
  return shown.map(([key, value]) => `${paint(screen, 'dim', padEnd(key, width))}${GAP}${value}`).join('\n');
}

/** Words in lines of at most the screen's width, each line after the first indented. */
export function wrap(text: string, width: number, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && displayWidth(longer) + indent.length > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].join(`\n${indent}`);
}
