/**
 * Undoes mojibake.
 *
 * Translated from ftfy 6.3.1 (`fix_encoding` of ftfy/__init__.py, ftfy/fixes.py, ftfy/chardata.py). Copyright 2023 Robyn Speer, Apache License 2.0: see NOTICE.
 */
import { isBad } from './badness.ts';
import { CHARMAPS, type Charmap, WINDOWS_1252 } from './charmaps.ts';
import { decodeUtf8 } from './decode-utf8.ts';

/** Step by step until nothing changes: mojibake of mojibake is common. */
export function fixEncoding(text: string): string {
  for (let current = text; ; ) {
    const fixed = fixOnce(current);
    if (fixed === current) return fixed;
    current = fixed;
  }
}

const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text);

function fixOnce(text: string): string {
  if (isAscii(text) || !isBad(text)) return text;
  for (const charmap of CHARMAPS) {
    const fixed = readAsUtf8(text, charmap);
    if (fixed !== undefined) return fixed;
  }
  const mended = fixEmbedded(text);
  return mended === text ? fixC1Controls(text) : mended;
}

/** Bytes of UTF-8 in which a continuation byte A0, a space that does not break, has become a common space. */
const LOST_A0 =
  /[\xc2\xc3\xc5\xce\xd0\xd9] |[\xe2\xe3] [\x80-\x84\x86-\x9f\xa1-\xbf]|[\xe0-\xe3][\x80-\x84\x86-\x9f\xa1-\xbf] |\xf0 [\x80-\xbf][\x80-\xbf]|\xf0[\x80-\xbf] [\x80-\xbf]|\xf0[\x80-\xbf][\x80-\xbf] /g;
/** An `à` that is a word of its own, or begins one of a few Portuguese ones. */
const A_GRAVE = /\xc3 (?! |quele|quela|quilo|s )/g;
/** UTF-8 in which bytes have become the replacement character, or one of them a question mark. */
const LOST_BYTES =
  /[\xc2-\xdf]\x1a|[\xc2-\xc3][?]|\xed[\xa0-\xaf][\x1a?]\xed[\xb0-\xbf][\x1a?\x80-\xbf]|\xed[\xa0-\xaf][\x1a?\x80-\xbf]\xed[\xb0-\xbf][\x1a?]|[\xe0-\xef][\x1a?][\x1a\x80-\xbf]|[\xe0-\xef][\x1a\x80-\xbf][\x1a?]|[\xf0-\xf4][\x1a?][\x1a\x80-\xbf][\x1a\x80-\xbf]|[\xf0-\xf4][\x1a\x80-\xbf][\x1a?][\x1a\x80-\xbf]|[\xf0-\xf4][\x1a\x80-\xbf][\x1a\x80-\xbf][\x1a?]|\x1a/g;
const REPLACEMENT_BYTES = '\xef\xbf\xbd';

/** The text if it was UTF-8 that somebody read in this encoding. */
function readAsUtf8(text: string, charmap: Charmap): string | undefined {
  let bytes = charmap.encode(text);
  if (bytes === undefined) return undefined;
  if (charmap.name !== 'macroman' && bytes.search(LOST_A0) >= 0) {
    bytes = bytes.replace(A_GRAVE, '\xc3\xa0 ').replace(LOST_A0, (sequence) => sequence.replaceAll(' ', '\xa0'));
  }
  if (charmap.isSloppy) bytes = bytes.replace(LOST_BYTES, REPLACEMENT_BYTES);
  return decodeUtf8(bytes);
}

const FIRST_OF_2 = 'Â-ßĀĂĆČĎĐĒĖĘĚĞĢĪİĶĹĻŁŃŅŇŌŐŘŚŞŠŢŪŮŰŲŹŻŽΒ-ΡΣ-ίВ-Я';
const FIRST_OF_3 = 'à-ïāăąćčďēėęěģīįķĺļŕźΰ-οа-п';
const FIRST_OF_4 = 'ðóđğšπσру';
/** Characters that stand for continuation bytes, and hardly ever for themselves beside mojibake. */
const STRICT = '\x80-¿ÆØæøĄąĽľŁłŒœŖŗŚśŞ-šŤťŸ-žƒˆˇ˘˛-˝΄-ΆΈ-ΊΌΎΏЁ-ЌЎЏё-ќўџҐґ\u2020\u2021\u2030\u2039\u203a€№™';
const CONTINUATION = `${STRICT} \u2013-\u2015\u2018-\u201a\u201c-\u201e\u2022\u2026`;

const EMBEDDED = new RegExp(
  `(?<![${STRICT}])(?:[${FIRST_OF_2}][${CONTINUATION}]|[${FIRST_OF_3}][${CONTINUATION}]{2}|[${FIRST_OF_4}][${CONTINUATION}]{3})+`,
  'gu',
);

/** Mojibake inside text that is right. Only a part shorter than the text, so that this ends. */
function fixEmbedded(text: string): string {
  return text.replace(EMBEDDED, (part) => (part.length < text.length && isBad(part) ? fixEncoding(part) : part));
}

/** Control characters that nobody wants, as browsers read them: characters of Windows-1252. */
export const fixC1Controls = (text: string): string => text.replace(/[\x80-\x9f]/g, (control) => WINDOWS_1252.decode(control));
