/**
 * Text without mojibake, and in the plainest characters that say the same: `fix_text` with its defaults.
 *
 * Translated from ftfy 6.3.1 (ftfy/__init__.py, ftfy/fixes.py, ftfy/chardata.py). Copyright 2023 Robyn Speer, Apache License 2.0: see NOTICE.
 */
import { fixC1Controls, fixEncoding } from './fix-encoding.ts';
import { unescapeCarefully } from './unescape-html.ts';

/** Equal to ftfy's for lines of up to a million characters; it cuts longer ones. */
export function fixText(text: string): string {
  let isMarkup = false;
  const fixed = text.split(/(?<=\n)/).map((line) => {
    // From the first tag on, references are part of the markup.
    isMarkup ||= line.includes('<');
    return fixLine(line, isMarkup);
  });
  return fixed.join('');
}

function fixLine(line: string, isMarkup: boolean): string {
  for (let current = line; ; ) {
    const fixed = fixOnce(isMarkup ? current : unescapeCarefully(current));
    if (fixed === current) return fixed;
    current = fixed;
  }
}

const fixOnce = (line: string): string =>
  withoutControls(
    plainer(fixC1Controls(fixEncoding(line)))
      .toWellFormed()
      .replace(TERMINAL_ESCAPE, ''),
  ).normalize('NFC');

const plainer = (line: string): string =>
  line
    .replace(/[ĲĳŉǄ-ǌǱ-ǳﬀ-ﬆ]/g, (ligature) => LIGATURES[ligature] ?? ligature)
    .replace(/[\u3000\uff01-\uffef]/g, (wide) => wide.normalize('NFKC'))
    .replace(/[\u201c-\u201f]/g, '"')
    .replace(/[\u02bc\u2018-\u201b]/g, "'")
    .replace(/\r\n|[\r\u2028\u2029\x85]/g, '\n');

const LIGATURES: Readonly<Record<string, string>> = {
  Ĳ: 'IJ',
  ĳ: 'ij',
  ŉ: 'ʼn',
  Ǳ: 'DZ',
  ǲ: 'Dz',
  ǳ: 'dz',
  Ǆ: 'DŽ',
  ǅ: 'Dž',
  ǆ: 'dž',
  Ǉ: 'LJ',
  ǈ: 'Lj',
  ǉ: 'lj',
  Ǌ: 'NJ',
  ǋ: 'Nj',
  ǌ: 'nj',
  ﬀ: 'ff',
  ﬁ: 'fi',
  ﬂ: 'fl',
  ﬃ: 'ffi',
  ﬄ: 'ffl',
  ﬅ: 'ſt',
  ﬆ: 'st',
};

/** What colours text in a terminal. Python's `\d` is any decimal digit. */
const TERMINAL_ESCAPE = /\x1b\[(?:\p{Nd}|;)*[a-zA-Z]/gu;

const withoutControls = (line: string): string => line.replace(/[\0-\x08\x0b\x0e-\x1f\x7f\u206a-\u206f\ufeff\ufff9-\ufffc]/g, '');
