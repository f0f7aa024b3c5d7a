/** Aligned tables. Nothing is ever cut: of a table too wide for the screen the last columns stand beneath each row, with their names. */
import { displayWidth, padEnd, padStart } from './display-width.ts';
import { paint } from './paint.ts';
import type { Screen } from './screen.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Sentences: of the last column, broken between words where the screen is too narrow. */
  readonly flows?: boolean;
  /** Where the screen is too narrow, a wider cell stands beneath its row, so that one does not make the column wide for all. */
  readonly most?: number;
}

type Row = readonly string[];
type Sized = Column & { readonly index: number; readonly width: number };

const GAP = '  ';
/** Cells that sentences need, to be read as such. */
const FLOW_MIN = 28;

export function table(screen: Screen, columns: readonly Column[], rows: readonly Row[]): string {
  const used = sized(screen, columns, rows);
  const count = countThatFits(screen, used);
  const [beside, beneath] = [used.slice(0, count), used.slice(count)];
  const head = beside.some(({ title }) => title !== '')
    ? [
        paint(
          screen,
          'dim',
          line(screen, beside, ({ title }) => title),
        ),
      ]
    : [];
  const lines = rows.flatMap((row) => {
    const isTooWide = ({ index, width, flows }: Sized): boolean => !flows && displayWidth(row[index] ?? '') > width;
    return [
      line(screen, beside, (column) => (isTooWide(column) ? '' : (row[column.index] ?? ''))),
      ...beneathLines(screen, [...beside.filter(isTooWide), ...beneath], { row, used }),
    ];
  });
  return [...head, ...lines].join('\n');
}

/** The columns that have a cell, with the width of their widest one. */
function sized(screen: Screen, columns: readonly Column[], rows: readonly Row[]): readonly Sized[] {
  const used = columns.map((column, index) => ({ ...column, index })).filter(({ index }) => rows.some((row) => row[index]));
  const withWidths = (mostOf: (column: Column) => number | undefined): readonly Sized[] =>
    used.map((column) => ({ ...column, width: widthOf(column, rows, mostOf(column)) }));
  const natural = withWidths(() => undefined);
  return widthOfAll(natural) <= screen.columns ? natural : withWidths(({ most }) => most);
}

function widthOf({ title, index }: Column & { index: number }, rows: readonly Row[], most = Number.POSITIVE_INFINITY): number {
  const widths = rows.map((row) => displayWidth(row[index] ?? '')).filter((width) => width <= most);
  return Math.max(displayWidth(title), ...widths);
}

const widthOfAll = (columns: readonly Sized[]): number => startAfter(columns.map(({ width }) => width)) - GAP.length;

/** As many columns as stand side by side; the first that has a name always does. */
function countThatFits(screen: Screen, used: readonly Sized[]): number {
  const least = used.findIndex(({ title }) => title !== '') + 1;
  const needed = ({ flows, width }: Sized, isLast: boolean): number => (flows && isLast ? Math.min(width, FLOW_MIN) : width);
  for (let count = used.length; count > least; count -= 1) {
    const widths = used.slice(0, count).map((column, at) => needed(column, at === used.length - 1));
    if (startAfter(widths) - GAP.length <= screen.columns) return count;
  }
  return least;
}

/** Where a column stands whose predecessors have these widths. */
const startAfter = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width + GAP.length, 0);

function line(screen: Screen, columns: readonly Sized[], cellOf: (column: Sized) => string): string {
  const cells = columns.map((column, at) => {
    if (column.flows) return wrap(cellOf(column), screen.columns, ' '.repeat(startAfter(columns.slice(0, at).map(({ width }) => width))));
    return (column.align === 'right' ? padStart : padEnd)(cellOf(column), column.width);
  });
  return cells.join(GAP).trimEnd();
}

/** `size 1 B  note kept`: as many in a line as fit, under the first column that has a name. */
function beneathLines(screen: Screen, beneath: readonly Sized[], { row, used }: { row: Row; used: readonly Sized[] }): string[] {
  const named = used.findIndex(({ title }) => title !== '');
  const indent = ' '.repeat(startAfter(used.slice(0, named).map(({ width }) => width)) + GAP.length);
  const lines: string[] = [];
  for (const { title, index, flows } of beneath) {
    const cell = row[index];
    if (!cell) continue;
    const piece = `${paint(screen, 'dim', title.toLowerCase())} ${cell}`;
    const longer = `${lines.at(-1)}${GAP}${piece}`;
    if (lines.length > 0 && displayWidth(longer) <= screen.columns) lines[lines.length - 1] = longer;
    else lines.push(indent + (flows ? wrap(piece, screen.columns, indent + GAP) : piece));
  }
  return lines;
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
