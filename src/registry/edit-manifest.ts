/**
 * Edits of a manifest's text: whatever is not edited stays as it was, to the byte. Texts that the parser has accepted, and nothing else.
 */
import { LineTable } from './draft-problem.ts';
import { locateInToml, type TomlTableSpan, tablesInToml } from './toml-positions.ts';

/** A value of a table to be written. */
export type TomlValue = string | number | boolean | readonly TomlValue[] | { readonly [key: string]: TomlValue };

/** A new model at the end of the text, in the line ends that the text has. */
export function withModel(text: string, id: string, table: Readonly<Record<string, TomlValue>>): string {
  const lines = [`[models.${tomlText(id)}]`, ...Object.entries(table).map(([key, value]) => `${key} = ${tomlText(value)}`), ''];
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const body = text.replace(/\s*$/, '');
  return `${body}${body === '' ? '' : newline + newline}${lines.join(newline)}`;
}

/** The text without the model; undefined where it is not written as tables of its own, with the line where it stands. */
export function withoutModel(text: string, id: string): { readonly text: string } | { readonly line: number } {
  const spans = tablesInToml(text);
  const own = spans.filter(({ path }) => path[0] === 'models' && path[1] === id);
  // Written inside another table: `[models]` and `"name@1.0.0" = { … }`.
  if (own.length === 0 || own[0]?.path.length === 0) return { line: lineOf(text, id) };
  if (spans.some((span) => span.path.length < 2 && holdsKeyOf(text, span, id))) return { line: lineOf(text, id) };
  let result = text;
  for (const span of own.toReversed()) result = cut(result, span);
  return { text: result };
}

const lineOf = (text: string, id: string): number => new LineTable(text).at(locateInToml(text, [['models', id]])[0]?.key ?? 0).line;

/** A dotted key may add to a model from outside of its tables. */
function holdsKeyOf(text: string, { start, end }: TomlTableSpan, id: string): boolean {
  const body = text.slice(start, end);
  const at = locateInToml(body, [['models', id]])[0]?.key ?? 0;
  return at > 0 && body.slice(at).startsWith('models');
}

/** With the comment that stands right above the header, the rest of its last line, and the empty lines behind it. */
function cut(text: string, { start, end }: TomlTableSpan): string {
  const from = commentStart(text, lineStart(text, start));
  const lineEnd = text.indexOf('\n', end);
  let to = lineEnd < 0 ? text.length : lineEnd + 1;
  while (/^[ \t]*\r?\n/.test(text.slice(to, to + 200))) to = text.indexOf('\n', to) + 1;
  const before = text.slice(0, from);
  // The last of the file leaves no empty line behind.
  return to >= text.length ? before.replace(/(\r?\n)\s*$/, '$1') : before + text.slice(to);
}

const lineStart = (text: string, at: number): number => text.lastIndexOf('\n', at - 1) + 1;

/** Of the unbroken run of comment lines above. */
function commentStart(text: string, at: number): number {
  let start = at;
  while (start > 0) {
    const above = lineStart(text, start - 1);
    if (!/^[ \t]*#/.test(text.slice(above, start))) break;
    start = above;
  }
  return start;
}

/** A value in one line; tables inline. */
export function tomlText(value: TomlValue): string {
  if (typeof value === 'string') return JSON.stringify(value).replaceAll('\u007f', '\\u007f');
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map(tomlText).join(', ')}]`;
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${/^[\w-]+$/.test(key) ? key : JSON.stringify(key)} = ${tomlText(inner)}`)
    .join(', ')} }`;
}
