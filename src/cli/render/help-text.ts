import { type CatalogEntry, GROUPS, lastWord, SECTIONS } from '../catalog.ts';
import type { Command, OperandSpec, OptionSpec } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import { EXIT_MEANINGS } from '../exit-statuses.ts';
import { displayWidth, padEnd } from './display-width.ts';
import { paint } from './paint.ts';
import type { Screen } from './screen.ts';
import { wrap } from './table.ts';

export interface Verb {
  readonly entry: CatalogEntry;
  readonly command: Command;
}

const MAX_WIDTH = 100;

export function rootHelp(screen: Screen, verbs: readonly Verb[]): string {
  const groups = Object.entries(GROUPS).flatMap(([group, summary]) => sections(screen, `${summary}:`, { verbs: verbsIn(group, verbs) }));
  const others = verbs.filter(({ entry }) => !entry.name.includes(' '));
  return [
    'wan: any machine, one root, one command: exactly the right model bytes, proven, once.',
    usage(screen, 'wan <verb> [options]'),
    ...groups,
    section(screen, 'This machine:', [
      ...rowsOf(others),
      ['help [verb]', 'show what a verb does and takes'],
      ['--version', 'show the version'],
    ]),
    section(screen, 'Start here:', [
      ['wan doctor', 'is this machine ready?'],
      ['wan models list', 'what does the manifest define?'],
      ['wan models add hf://org/name', 'put a model into it, or begin one'],
      ['wan models ensure NAME', 'make a model of it real'],
      ['wan models ensure --help', 'what a verb takes, with examples'],
    ]),
  ].join('\n\n');
}

export function groupHelp(screen: Screen, group: string, verbs: readonly Verb[]): string {
  return [
    `${GROUPS[group] ?? ''}.`,
    usage(screen, `wan ${group} <verb> [options]`),
    ...sections(screen, 'Verbs:', { verbs: verbsIn(group, verbs), style: 'short' }),
    section(screen, 'Options of every verb:', COMMON_OPTIONS.map(optionRow)),
    `\`wan help ${group} <verb>\` shows the options and examples of one.`,
  ].join('\n\n');
}

export function verbHelp(screen: Screen, { entry, command }: Verb): string {
  const width = Math.min(screen.columns, MAX_WIDTH);
  const paragraphs = [`${command.summary}.`, ...(command.description === undefined ? [] : [command.description])];
  return [
    ...paragraphs.map((text) => wrap(text, width)),
    usage(screen, usageLines({ entry, command }).join('\n       ')),
    ...(entry.aliases.length > 0 ? [`${paint(screen, 'bold', 'Also:')} ${entry.aliases.join(', ')}`] : []),
    ...(command.options.length > 0 ? [section(screen, 'Options:', command.options.map(optionRow))] : []),
    section(screen, 'Options of every verb:', COMMON_OPTIONS.map(optionRow)),
    examples(screen, command),
    section(screen, 'Exit status:', exitRows(command)),
  ].join('\n\n');
}

/** Of a verb that takes words of several kinds one for each. */
export function usageLines({ entry, command: { operands, options } }: Verb): readonly string[] {
  const forms = operands?.forms ?? [[...(options.length > 0 ? ['[options]'] : []), ...operandText(operands)].join(' ')];
  return forms.map((form) => `wan ${entry.name} ${form}`.trimEnd());
}

function operandText(operands: OperandSpec | undefined): readonly string[] {
  if (operands === undefined) return [];
  const name = operands.choices?.join('|') ?? operands.name;
  const many = operands.max > 1 ? `${name}…` : name;
  return [operands.min === 0 ? `[${many}]` : many];
}

export const exitRows = ({ exitStatuses }: Command): readonly Row[] =>
  [...new Set([0, 1, 2, ...exitStatuses])].sort((a, b) => a - b).map((status) => [String(status), EXIT_MEANINGS[status] ?? '']);

/** `-j, --jobs N` and what it does. */
export function optionRow({ name, short, value, summary, choices, repeats }: OptionSpec): Row {
  const flag = `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
  const notes = [choices === undefined ? '' : choices.join(' | '), repeats ? 'may be repeated' : ''].filter((note) => note !== '');
  return [flag, notes.length === 0 ? summary : `${summary} (${notes.join('; ')})`];
}

type Row = readonly [term: string, text: string];

const usage = (screen: Screen, line: string): string => `${paint(screen, 'bold', 'Usage:')} ${line}`;

/** A heading and its rows, their texts aligned; on a narrow screen the texts under their terms. */
function section(screen: Screen, title: string, rows: readonly Row[], least = 0): string {
  const width = Math.min(screen.columns, MAX_WIDTH);
  const termWidth = Math.max(least, ...rows.map(([term]) => displayWidth(term)));
  const aligned = termWidth + 4 + 24 <= width;
  const indent = ' '.repeat(aligned ? termWidth + 4 : 6);
  const lines = rows.map(
    ([term, text]) => `  ${aligned ? padEnd(term, termWidth) : term}${aligned ? '  ' : `\n${indent}`}${wrap(text, width, indent)}`,
  );
  return [paint(screen, 'bold', title), ...lines].join('\n');
}

interface Listed {
  readonly verbs: readonly Verb[];
  readonly style?: 'full' | 'short';
}

/** The verbs of a group: under one title, or where it has many under headings of their own, with terms of one width. */
function sections(screen: Screen, title: string, { verbs, style = 'full' }: Listed): readonly string[] {
  const termWidth = Math.max(...rowsOf(verbs, style).map(([term]) => displayWidth(term)));
  const starts = verbs.flatMap(({ entry }, at) => (at === 0 || entry.name in SECTIONS ? [at] : []));
  return starts.map((start, at) => {
    const part = verbs.slice(start, starts[at + 1]);
    const heading = SECTIONS[part[0]?.entry.name ?? ''];
    return section(screen, heading === undefined ? title : `${heading}:`, rowsOf(part, style), termWidth);
  });
}

const examples = (screen: Screen, { examples: all }: Command): string =>
  [paint(screen, 'bold', 'Examples:'), ...all.map(({ command, what }) => `  ${paint(screen, 'dim', `# ${what}`)}\n  ${command}`)].join(
    '\n',
  );

const verbsIn = (group: string, verbs: readonly Verb[]): readonly Verb[] => verbs.filter(({ entry }) => entry.name.startsWith(`${group} `));

const rowsOf = (verbs: readonly Verb[], style: 'full' | 'short' = 'full'): readonly Row[] =>
  verbs.map(({ entry, command }) => [
    [
      style === 'full' ? entry.name : lastWord(entry.name),
      ...(entry.aliases.length > 0 && style === 'short' ? [`(${entry.aliases.join(', ')})`] : []),
    ].join(' '),
    command.summary,
  ]);
