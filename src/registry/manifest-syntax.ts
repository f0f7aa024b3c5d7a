/** Bytes -> TOML tree, or every problem that keeps them from being one. */
import { isUtf8 } from 'node:buffer';
import { parse, TomlError, type TomlTable } from 'smol-toml';
import { LineTable } from './draft-problem.ts';
import type { ManifestProblem, ProblemCode } from './manifest-problem.ts';
import { measureToml } from './measure-toml.ts';
import { locateInToml, type TomlPath } from './toml-positions.ts';

export interface ManifestSyntax {
  /** What positions refer to; lines that could not be read are blank in it. */
  readonly text: string;
  /** Absent where too little could be read to go on. */
  readonly tree?: TomlTable;
  readonly problems: readonly ManifestProblem[];
}

/** A manifest nests five deep; the parser recurses. */
const MAX_DEPTH = 32;
const MAX_LINES = 2_000_000;
const MAX_LINE_BYTES = 2 ** 20;
/** About three times that of 10,000 models with 200,000 files; some 250 bytes of memory each. */
const MAX_WEIGHT = 4_000_000;
/** Broken lines that are passed over to find the problems behind them. */
const MAX_BROKEN_LINES = 20;
/** Larger texts are not parsed again and again. */
const MAX_LENIENT_LENGTH = 4 * 2 ** 20;

/** What is read, for messages. */
type Kind = 'manifest' | 'lockfile';
const EMPTY: Readonly<Record<Kind, string>> = {
  manifest: 'begin with schema_version = 1',
  lockfile: 'remove it, then run `wan models lock`',
};

export function readManifestSyntax(file: string, bytes: Buffer, kind: Kind = 'manifest'): ManifestSyntax {
  const unreadable = encodingProblems(file, bytes) ?? sizeProblems(file, bytes);
  if (unreadable !== undefined) return { text: '', problems: unreadable };
  const text = bytes.toString('utf8');
  if (isBlank(text)) return { text, problems: [problemAt(file, 1, 1, 'manifest_empty', `the ${kind} is empty`, EMPTY[kind])] };
  return parseLenient(file, text);
}

/** Parses, and on an error goes on without the broken line, so that one run shows them all. */
function parseLenient(file: string, original: string): ManifestSyntax {
  const problems: ManifestProblem[] = [];
  let text = original;
  const limit = original.length > MAX_LENIENT_LENGTH ? 1 : MAX_BROKEN_LINES;
  while (problems.length < limit) {
    const outcome = tryParse(text);
    if (!(outcome instanceof TomlError)) return { text, tree: outcome, problems };
    const conflicts = mergeConflicts(file, original);
    if (conflicts.length > 0) return { text, problems: conflicts };
    problems.push(syntaxProblem(file, text, outcome));
    const without = withoutLine(text, outcome.line);
    // A lost header would put what follows it into the wrong table.
    if (without === undefined) return { text, problems };
    text = without;
  }
  return { text, problems };
}

function tryParse(text: string): TomlTable | TomlError {
  try {
    return parse(text, { integersAsBigInt: true, maxDepth: MAX_DEPTH, unsafeKeyBehaviour: 'throw' });
  } catch (error) {
    if (error instanceof TomlError) return error;
    throw error;
  }
}

function syntaxProblem(file: string, text: string, error: TomlError): ManifestProblem {
  const message = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '');
  if (!message.startsWith('trying to redefine')) return problemAt(file, error.line, error.column, 'toml_syntax', message);
  const line = lineOf(text, error.line);
  const header = /^\s*\[/.test(line);
  const before = text.slice(0, offsetOfLine(text, error.line));
  const id = header ? headerId(line) : undefined;
  const first = id === undefined ? undefined : firstLine(before, id);
  const where = first === undefined ? '' : `, first on line ${first}`;
  return id === undefined
    ? problemAt(
        file,
        error.line,
        error.column,
        'duplicate_key',
        `${line.trim().slice(0, 80)} is already defined${where}`,
        'keep one of the two',
      )
    : problemAt(
        file,
        error.line,
        error.column,
        'duplicate_id',
        `${JSON.stringify(id[1])} is already defined${where}`,
        'keep one of the two, or give it another version',
      );
}

/** `['models', 'name@version']` where the line is the header of a model or component. */
function headerId(line: string): TomlPath | undefined {
  const match = /^\s*\[\s*(models|components)\s*\.\s*(?:"([^"\\]*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*\]/.exec(line);
  return match === null ? undefined : [match[1] as string, match[2] ?? match[3] ?? match[4] ?? ''];
}

function firstLine(before: string, path: TomlPath): number {
  return new LineTable(before).at(locateInToml(before, [path])[0]?.key ?? 0).line;
}

/** `undefined` where the line holds no `key = value` that could be left out alone. */
function withoutLine(text: string, line: number): string | undefined {
  const content = lineOf(text, line);
  if (!/^\s*["'\w.-]+\s*=/.test(content) || /"""|'''/.test(content)) return undefined;
  const start = offsetOfLine(text, line);
  return text.slice(0, start) + ' '.repeat(content.length) + text.slice(start + content.length);
}

function offsetOfLine(text: string, line: number): number {
  let offset = 0;
  for (let passed = 1; passed < line; passed++) offset = text.indexOf('\n', offset) + 1;
  return offset;
}

function lineOf(text: string, line: number): string {
  const start = offsetOfLine(text, line);
  const end = text.indexOf('\n', start);
  return text.slice(start, end < 0 ? text.length : end).replace(/\r$/, '');
}

/** Called only for text that is not TOML: inside a multi-line string such lines are nothing special. */
function mergeConflicts(file: string, text: string): ManifestProblem[] {
  const problems: ManifestProblem[] = [];
  if (!/^<{7}(?: |\r?$)/m.test(text)) return problems;
  const lines = new LineTable(text);
  for (const match of text.matchAll(/^(?:<{7}|\|{7}|={7}|>{7})(?=\s|$)[^\r\n]{0,60}/gm)) {
    if (problems.length >= MAX_BROKEN_LINES) break;
    problems.push(
      problemAt(
        file,
        lines.at(match.index).line,
        1,
        'merge_conflict',
        `merge-conflict marker ${match[0]}`,
        'resolve the merge, then remove the markers',
      ),
    );
  }
  return problems;
}

function encodingProblems(file: string, bytes: Buffer): ManifestProblem[] | undefined {
  const isUtf16 = /^(?:fffe|feff|..00..00|00..00)/.test(bytes.toString('hex', 0, 4));
  if (isUtf16) return [problemAt(file, 1, 1, 'encoding', 'the file is UTF-16', 'save it as UTF-8')];
  if (isUtf8(bytes)) return undefined;
  const problems: ManifestProblem[] = [];
  let line = 1;
  for (const [start, end] of lineRanges(bytes)) {
    const content = bytes.subarray(start, end);
    if (!isUtf8(content)) problems.push(invalidUtf8(file, line, content));
    if (problems.length >= MAX_BROKEN_LINES) break;
    line++;
  }
  return problems;
}

function invalidUtf8(file: string, line: number, content: Buffer): ManifestProblem {
  // The replacement character stands where decoding first fails.
  const good = content.toString('utf8').indexOf('\ufffd');
  return problemAt(file, line, good + 1, 'encoding', 'the line is not valid UTF-8', 'save the file as UTF-8');
}

/** What would cost the parser far more memory or time than any manifest does. */
function sizeProblems(file: string, bytes: Buffer): ManifestProblem[] | undefined {
  const { lines, longestLine, weight, longNumberLine } = measureToml(bytes);
  const tooLarge = (line: number, what: string) => [
    problemAt(file, line, 1, 'manifest_too_large', what, 'split it, or check what this file is'),
  ];
  if (longestLine.bytes > MAX_LINE_BYTES)
    return tooLarge(longestLine.line, `the line has ${longestLine.bytes} bytes; a line may have ${MAX_LINE_BYTES}`);
  if (lines > MAX_LINES) return tooLarge(MAX_LINES, `the file has ${lines} lines; a manifest may have ${MAX_LINES}`);
  if (longNumberLine !== undefined) return tooLarge(longNumberLine, 'the line holds a number of very many digits');
  return weight > MAX_WEIGHT ? tooLarge(1, 'the file holds more keys and values than any manifest') : undefined;
}

function* lineRanges(bytes: Buffer): Generator<[number, number]> {
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(10, start);
    const end = found < 0 ? bytes.length : found;
    yield [start, end];
    start = end + 1;
  }
}

/** Nothing but white space and comments. */
function isBlank(text: string): boolean {
  return !/^\ufeff?[^\S\n]*[^\s#]/m.test(text);
}

function problemAt(file: string, line: number, column: number, code: ProblemCode, message: string, hint?: string): ManifestProblem {
  return { file, line, column, code, message, ...(hint !== undefined && { hint }) };
}
