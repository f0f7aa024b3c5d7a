/**
 * Character references of HTML: as Python's `html.unescape` reads them, and the careful way of ftfy.
 *
 * The latter: translated from ftfy 6.3.1 (`unescape_html` of ftfy/fixes.py, ftfy/chardata.py). Copyright 2023 Robyn Speer, Apache License 2.0: see NOTICE.
 */
import { decodeHTML, decodeHTMLStrict } from 'entities/decode';
import { WINDOWS_1252 } from './charmaps.ts';

const REFERENCE = /&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)/gu;
const LAST_CODE_POINT = 0x10ffff;

/** Every reference that HTML 5 knows, also without its semicolon: `&notit;` is `¬it;`. */
export const unescapeHtml = (text: string): string =>
  text.replace(REFERENCE, (reference, name: string) => (name.startsWith('#') ? numbered(name) : decodeHTML(reference)));

function numbered(name: string): string {
  const digits = name.slice(1).replace(/;$/, '');
  const code = /^x/i.test(digits) ? Number.parseInt(digits.slice(1), 16) : Number.parseInt(digits, 10);
  if (code === 0 || (code >= 0xd800 && code <= 0xdfff) || code > LAST_CODE_POINT) return '\ufffd';
  if (code >= 0x80 && code <= 0x9f) return WINDOWS_1252.decode(String.fromCharCode(code));
  return isNoCharacter(code) ? '' : String.fromCodePoint(code);
}

/** Control characters but white space, and the code points that are promised to stay empty. */
const isNoCharacter = (code: number): boolean =>
  (code < 0x20 && ![0x09, 0x0a, 0x0c, 0x0d].includes(code)) ||
  code === 0x7f ||
  (code >= 0xfdd0 && code <= 0xfdef) ||
  (code & 0xfffe) === 0xfffe;

/** Only what is written in full, with its semicolon; also names in capitals that HTML does not know: `&EACUTE;`. */
export const unescapeCarefully = (text: string): string => text.replace(/&#?[0-9A-Za-z]{1,24};/g, carefully);

function carefully(reference: string): string {
  if (reference.startsWith('&#')) {
    const character = unescapeHtml(reference);
    return character.includes(';') ? reference : character;
  }
  const named = decodeHTMLStrict(reference);
  if (named !== reference) return named;
  return reference === reference.toUpperCase() && unescapeHtml(reference) === reference ? inCapitals(reference) : reference;
}

function inCapitals(reference: string): string {
  const lower = reference.toLowerCase();
  const character = decodeHTMLStrict(lower);
  return character === lower ? reference : character.toUpperCase();
}
