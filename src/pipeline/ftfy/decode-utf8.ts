/**
 * UTF-8 as ftfy reads it: also Java's null, and surrogates in pairs, as CESU-8 has them. Bytes are strings of the characters 0 to 255.
 *
 * Translated from ftfy 6.3.1 (ftfy/bad_codecs/utf8_variants.py). Copyright 2023 Robyn Speer, Apache License 2.0: see NOTICE.
 */

/** Python's `$` is also true before a line feed that ends the text; that is part of what is to be matched here. */
const END = '(?=\\n?(?![^]))';
const CESU_8 = new RegExp(
  `\\xed(?:[\\xa0-\\xaf]|${END})(?:[\\x80-\\xbf]|${END})(?:\\xed|${END})(?:[\\xb0-\\xbf]|${END})(?:[\\x80-\\xbf]|${END})`,
  'y',
);
const SPECIAL = new RegExp(`\\xc0(?:\\x80|${END})|\\xed(?:[\\xa0-\\xbf]|${END})(?:[\\x80-\\xbf]|${END})`);
const PAIR_BYTES = 6;

/** Undefined where the bytes are not UTF-8. */
export function decodeUtf8(bytes: string): string | undefined {
  return /[\xc0\xed]/.test(bytes) ? decodeVariants(bytes) : decodeStrictly(bytes);
}

function decodeVariants(bytes: string): string | undefined {
  const parts: (string | undefined)[] = [];
  for (let rest = bytes; rest !== ''; ) {
    const special = SPECIAL.exec(rest);
    const [part, length] = special === null ? [decodeStrictly(rest), rest.length] : decodeUpTo(rest, special.index);
    if (part === undefined) return undefined;
    parts.push(part);
    rest = rest.slice(length);
  }
  return parts.join('');
}

function decodeUpTo(bytes: string, special: number): [part: string | undefined, length: number] {
  if (special > 0) return [decodeStrictly(bytes.slice(0, special)), special];
  if (bytes.startsWith('\xc0')) return bytes.length > 1 ? ['\0', 2] : [undefined, 1];
  if (bytes.length < PAIR_BYTES) return [decodeStrictly(bytes), bytes.length];
  CESU_8.lastIndex = 0;
  return [CESU_8.test(bytes) ? surrogatePair(bytes) : undefined, PAIR_BYTES];
}

function surrogatePair(bytes: string): string {
  const bits = (at: number, mask: number): number => bytes.charCodeAt(at) & mask;
  return String.fromCodePoint(0x10000 + (bits(1, 0x0f) << 16) + (bits(2, 0x3f) << 10) + (bits(4, 0x0f) << 6) + bits(5, 0x3f));
}

function decodeStrictly(bytes: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, 'latin1'));
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
