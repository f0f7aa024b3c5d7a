/**
 * Where the keys and values of a TOML text stand. Reads only text that the parser has accepted (or its accepted beginning),
 * and only when there is a problem to point at: the good path never comes here.
 */

/** Keys and indices from the root of the document. */
export type TomlPath = readonly (string | number)[];

export interface TomlPosition {
  /** Offsets into the text. */
  readonly key: number;
  readonly value: number;
}

/** Position of each path asked for, or of its deepest ancestor that stands in the text; the root is at 0. */
export function locateInToml(text: string, paths: readonly TomlPath[]): TomlPosition[] {
  const wanted = new Map<string, TomlPosition | undefined>();
  for (const path of paths) for (let depth = 1; depth <= path.length; depth++) wanted.set(keyOf(path.slice(0, depth)), undefined);
  new PositionScanner(text, (path, position) => {
    const key = keyOf(path);
    if (wanted.has(key) && wanted.get(key) === undefined) wanted.set(key, position);
  }).scan();
  return paths.map((path) => deepest(wanted, path));
}

/** A `[table]` or an element of `[[tables]]` as it stands in the text. */
export interface TomlTableSpan {
  readonly path: TomlPath;
  /** Of the header's bracket. */
  readonly start: number;
  /** Behind the last value, or behind the header where it has none. */
  readonly end: number;
}

/** In the order of the text. What stands before the first header is a span of its own where it holds a key. */
export const tablesInToml = (text: string): readonly TomlTableSpan[] => new PositionScanner(text, () => undefined).scan();

function deepest(found: ReadonlyMap<string, TomlPosition | undefined>, path: TomlPath): TomlPosition {
  for (let depth = path.length; depth > 0; depth--) {
    const position = found.get(keyOf(path.slice(0, depth)));
    if (position !== undefined) return position;
  }
  return { key: 0, value: 0 };
}

const keyOf = (path: TomlPath): string => path.map((part) => (typeof part === 'number' ? `#${part}` : `.${part}`)).join('\0');

/** Deeper than any manifest; a dotted key may be as deep as its line is long. */
const MAX_KEYS = 16;

type Visit = (path: TomlPath, position: TomlPosition) => void;

const BARE = /[A-Za-z0-9_-]+/y;
const BLANK = /[ \t]*/y;
const SCALAR = /[^,\]}\s#]*(?: \d{2}:[^,\]}\s#]*)?/y;

class PositionScanner {
  readonly #text: string;
  readonly #visit: Visit;
  /** Elements seen so far of each array of tables. */
  readonly #elements = new Map<string, number>();
  #at: number;

  constructor(text: string, visit: Visit) {
    this.#text = text;
    this.#visit = visit;
    this.#at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  }

  scan(): TomlTableSpan[] {
    const spans: TomlTableSpan[] = [];
    let table: TomlPath = [];
    for (this.#skipVoid(); this.#at < this.#text.length; this.#skipVoid()) {
      const start = this.#at;
      const isHeader = this.#text[this.#at] === '[';
      if (isHeader) table = this.#header();
      else this.#pair(table);
      if (this.#at === start) break;
      const open = isHeader ? undefined : spans.pop();
      spans.push({ path: table, start: open?.start ?? start, end: this.#at });
    }
    return spans;
  }

  #header(): TomlPath {
    const start = this.#at;
    const isArray = this.#text[start + 1] === '[';
    this.#at += isArray ? 2 : 1;
    const path = this.#inLastElements(this.#keys());
    this.#at += isArray ? 2 : 1;
    const position = { key: start, value: start };
    this.#visit(path, position);
    if (!isArray) return path;
    const index = this.#elements.get(keyOf(path)) ?? 0;
    this.#elements.set(keyOf(path), index + 1);
    const element = [...path, index];
    this.#visit(element, position);
    return element;
  }

  /** `[a.b]` after `[[a]]` speaks of the last element of a. */
  #inLastElements(keys: readonly string[]): TomlPath {
    const path: (string | number)[] = [];
    keys.forEach((key, index) => {
      path.push(key);
      const count = index < keys.length - 1 ? this.#elements.get(keyOf(path)) : undefined;
      if (count !== undefined) path.push(count - 1);
    });
    return path;
  }

  #pair(table: TomlPath): void {
    const key = this.#at;
    const keys = this.#keys();
    this.#at++;
    this.#skip(BLANK);
    const path = [...table, ...keys];
    for (let depth = table.length + 1; depth < path.length; depth++) this.#visit(path.slice(0, depth), { key, value: key });
    this.#visit(path, { key, value: this.#at });
    this.#value(path);
  }

  /** A dotted key, up to the `=` or `]` behind it. */
  #keys(): string[] {
    const keys: string[] = [];
    do {
      if (keys.length > 0) this.#at++;
      this.#skip(BLANK);
      const quote = this.#text[this.#at];
      keys.push(quote === '"' || quote === "'" ? this.#quoted(quote) : this.#skip(BARE));
      this.#skip(BLANK);
    } while (this.#text[this.#at] === '.');
    return keys.slice(0, MAX_KEYS);
  }

  #value(path: TomlPath): void {
    const character = this.#text[this.#at];
    if (character === '[') this.#array(path);
    else if (character === '{') this.#inlineTable(path);
    else if (character === '"' || character === "'") this.#quoted(character);
    else this.#skip(SCALAR);
  }

  #array(path: TomlPath): void {
    this.#at++;
    for (let index = 0; this.#more(']'); index++) {
      const element = [...path, index];
      this.#visit(element, { key: this.#at, value: this.#at });
      this.#value(element);
      this.#comma();
    }
    this.#at++;
  }

  #inlineTable(path: TomlPath): void {
    this.#at++;
    while (this.#more('}')) {
      this.#pair(path);
      this.#comma();
    }
    this.#at++;
  }

  #more(end: string): boolean {
    this.#skipVoid();
    return this.#at < this.#text.length && this.#text[this.#at] !== end;
  }

  #comma(): void {
    this.#skipVoid();
    if (this.#text[this.#at] === ',') this.#at++;
  }

  /** The decoded text of a string; its quotes are passed. */
  #quoted(quote: '"' | "'"): string {
    const triple = this.#text.startsWith(quote.repeat(3), this.#at);
    const start = this.#at + (triple ? 3 : 1);
    let end = start;
    while (end < this.#text.length && !this.#closes(quote, triple, end)) end += quote === '"' && this.#text[end] === '\\' ? 2 : 1;
    this.#at = end + (triple ? 3 : 1);
    if (triple) while (this.#text[this.#at] === quote) this.#at++;
    const raw = this.#text.slice(start, end);
    return quote === '"' && raw.includes('\\') ? unescapeToml(raw) : raw;
  }

  #closes(quote: string, triple: boolean, at: number): boolean {
    return triple ? this.#text.startsWith(quote.repeat(3), at) : this.#text[at] === quote;
  }

  /** White space, line ends and comments. */
  #skipVoid(): void {
    for (; this.#at < this.#text.length; this.#at++) {
      if (this.#text[this.#at] === '#') this.#at = this.#endOfLine();
      if (!' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) return;
    }
  }

  #endOfLine(): number {
    const end = this.#text.indexOf('\n', this.#at);
    return end < 0 ? this.#text.length : end;
  }

  /** Moves past what `pattern` (sticky) matches here, and returns it. */
  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const matched = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += matched.length;
    return matched;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', e: '\u001b' };

function unescapeToml(raw: string): string {
  return raw.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))/g,
    (_, x?: string, u?: string, long?: string, single = '') => {
      const hex = x ?? u ?? long;
      return hex === undefined ? (ESCAPES[single] ?? single) : String.fromCodePoint(Number.parseInt(hex, 16));
    },
  );
}
