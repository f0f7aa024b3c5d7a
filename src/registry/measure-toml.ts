/** How much a TOML text will cost its parser, found in one pass over the bytes that allocates nothing. */

export interface TomlMeasure {
  lines: number;
  longestLine: { readonly line: number; readonly bytes: number };
  /** Grows with everything that makes the parser allocate: tables, keys, values, escapes. */
  weight: number;
  /** A line with a number longer than any that fits 64 bits, by far. */
  longNumberLine?: number;
}

const MAX_DIGITS = 400;

const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;
const DOUBLE = 0x22;
const SINGLE = 0x27;
const OPEN = 0x5b;

/** A table costs the parser several objects, a part of a dotted key two. */
const HEADER_WEIGHT = 3;
const WEIGHTS = new Uint8Array(256);
for (const [character, weight] of Object.entries({ '[': 1, '{': 1, '=': 1, ',': 1, '.': 2, '\\': 1 }))
  WEIGHTS[character.charCodeAt(0)] = weight;

/** Strings are told from the rest line by line: inside multi-line strings the measure is rough. */
export function measureToml(bytes: Uint8Array): TomlMeasure {
  const measured: TomlMeasure = { lines: 1, longestLine: { line: 1, bytes: 0 }, weight: 0 };
  let start = 0;
  let quote = 0;
  let digits = 0;
  for (let index = 0; index <= bytes.length; index++) {
    const byte = bytes[index] ?? NEWLINE;
    digits = isDigit(byte) && quote === 0 ? digits + 1 : 0;
    if (digits > MAX_DIGITS) measured.longNumberLine ??= measured.lines;
    if (byte === NEWLINE) {
      if (index - start > measured.longestLine.bytes) measured.longestLine = { line: measured.lines, bytes: index - start };
      measured.lines++;
      start = index + 1;
      quote = 0;
    } else if (quote === 0) {
      measured.weight += (WEIGHTS[byte] as number) + (byte === OPEN && index === start ? HEADER_WEIGHT : 0);
      if (byte === DOUBLE || byte === SINGLE) quote = byte;
    } else if (byte === quote) quote = 0;
    else if (byte === BACKSLASH) {
      measured.weight++;
      if (quote === DOUBLE && bytes[index + 1] === DOUBLE) index++;
    }
  }
  return measured;
}

/** Also `_`, which stands between digits, and the letters of hexadecimal numbers. */
const isDigit = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || byte === 0x5f || (byte >= 0x61 && byte <= 0x66) || (byte >= 0x41 && byte <= 0x46);
