/**
 * The one-byte encodings that ftfy tries, in its order. Bytes are strings of the characters 0 to 255 here, so that regular expressions read them.
 *
 * Translated from ftfy 6.3.1 (ftfy/chardata.py, ftfy/bad_codecs/sloppy.py). Copyright 2023 Robyn Speer, Apache License 2.0: see NOTICE.
 */

/** What the bytes from 0x80 mean in IBM's first code page, which TextDecoder does not know. */
const CP437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\xa0';

const REPLACEMENT = '\ufffd';
/** Stands for a character that an earlier decoder lost: ASCII's SUBSTITUTE. */
const LOST = '\x1a';

export interface Charmap {
  readonly name: string;
  /** Bytes without a meaning are kept as they are, and the replacement character is {@link LOST}. */
  readonly isSloppy: boolean;
  /** The bytes that would be read as this text; undefined where none would. */
  encode(text: string): string | undefined;
  decode(bytes: string): string;
}

function charmap(name: string, upperHalf: string, isSloppy: boolean): Charmap {
  const bytes = Array.from({ length: 0x100 }, (_, byte) => String.fromCharCode(byte));
  const characters = [...bytes.slice(0, 0x80), ...upperHalf];
  if (isSloppy) characters[LOST.charCodeAt(0)] = REPLACEMENT;
  const byteOf = new Map(characters.map((character, byte) => [character, bytes[byte]]));
  return {
    name,
    isSloppy,
    encode: (text) => {
      const encoded = Array.from(text, (character) => byteOf.get(character));
      return encoded.includes(undefined) ? undefined : encoded.join('');
    },
    decode: (encoded) => Array.from(encoded, (byte) => characters[byte.charCodeAt(0)]).join(''),
  };
}

/** The meaning of the bytes from 0x80 on; those without one mean themselves. */
function upperHalfOf(encoding: string): string {
  const decoder = new TextDecoder(encoding);
  return Array.from({ length: 0x80 }, (_, at) => {
    const character = decoder.decode(Uint8Array.of(0x80 + at));
    return character === REPLACEMENT ? String.fromCharCode(0x80 + at) : character;
  }).join('');
}

const sloppy = (encoding: string): Charmap => charmap(encoding, upperHalfOf(encoding), true);

/** TextDecoder takes Latin-1 for Windows-1252, as browsers do. */
const LATIN_1_UPPER = Array.from({ length: 0x80 }, (_, at) => String.fromCharCode(0x80 + at)).join('');

export const WINDOWS_1252 = sloppy('windows-1252');

export const CHARMAPS: readonly Charmap[] = [
  charmap('latin-1', LATIN_1_UPPER, false),
  WINDOWS_1252,
  ...['windows-1251', 'windows-1250', 'windows-1253', 'windows-1254', 'windows-1257'].map(sloppy),
  charmap('iso-8859-2', upperHalfOf('iso-8859-2'), false),
  charmap('macroman', upperHalfOf('macintosh'), false),
  charmap('cp437', CP437, false),
];
