export interface Position {
  /** 1-based. */
  readonly line: number;
  readonly column: number;
}

const KEY = /^([ \t]*)("(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)[ \t]*[.=]/;
const HEADER = /^([ \t]*\[\[?[ \t]*)("(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)/;

/**
 * Where each top-level key of a TOML document that has already been parsed is written. The parser tells values, not
 * places; wan.toml is flat, so lines are enough to find them.
 */
export function locateKeys(toml: string): ReadonlyMap<string, Position> {
  const places = new Map<string, Position>();
  let inTable = false;
  let closing: string | undefined;
  for (const [index, line] of toml.split('\n').entries()) {
    if (closing === undefined) {
      const header = HEADER.exec(line);
      inTable ||= header !== null;
      note(places, header ?? (inTable ? null : KEY.exec(line)), index + 1);
    }
    closing = openString(line, closing);
  }
  return places;
}

function note(places: Map<string, Position>, match: RegExpExecArray | null, line: number): void {
  const [, before = '', written = ''] = match ?? [];
  const key = written.replace(/^(["'])(.*)\1$/, '$2');
  if (key !== '' && !places.has(key)) places.set(key, { line, column: before.length + 1 });
}

/** The mark that ends the multi-line string that is open after this line, if one is. */
function openString(line: string, closing: string | undefined): string | undefined {
  let open = closing;
  for (const [mark] of line.matchAll(/"""|'''/g)) {
    if (open === undefined) open = mark;
    else if (open === mark) open = undefined;
  }
  return open;
}
