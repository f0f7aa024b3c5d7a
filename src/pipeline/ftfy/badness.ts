/**
 * Whether text looks like mojibake: bytes of UTF-8 that somebody read in a one-byte encoding.
 *
 * Translated from ftfy 6.3.1 (ftfy/badness.py). Copyright 2023 Robyn Speer, Apache License 2.0: see NOTICE.
 */
const CLASSES = {
  common: '\xa0\xad´·\u2013-\u2015\u2019\u2026',
  c1: '\x80-\x9f',
  bad: '¤¦¨ª¬¯¸ºƒˆˇ˘˛˜\u2020\u2021\u2030⌐◊\ufffd',
  law: '§¶',
  currency: '¢£¥₧€',
  start: '¡©«¿΄΅\u2018\u201a\u201c\u201e\u2022\u2039\uf8ff',
  end: '®»˝\u201d\u203a™',
  numeric: '±-³µ¹¼-¾×÷\u2044№∂∆∏∑√∞∩∫≈≠≡≤≥',
  kaomoji: '°Ò-ÖÙ-Üò-öø-üŌŐŪŲ',
  upper: 'À-ÑØÜÝĀĂĄĆČĎĐĒĖĘĚĞĢĪİĶĹĻĽŁŃŅŇŒŘŚŞŠŢŤŮŰŸŹŻŽҐ',
  lower: 'ß-ñüāăąćčďđēėęěğģīįķĺļľłœŕśşšťźżžґﬁﬂ',
  upperCommon: 'ÞΆΈ-ΊΌΎΏΑ-ΫЁ-Я',
  lowerCommon: 'ά-ωа-џ',
  box: '│┌┐┘├┤┬┼═-╬▀▄█▌▐-▓',
};

const { common, c1, bad, law, currency, start, end, numeric, kaomoji, upper, lower, upperCommon, lowerCommon, box } = CLASSES;

/** Python's `\s` and `\w`, which know more white space and more letters than those of this language. */
const SPACE = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const WORD = '[\\p{L}\\p{N}_]';

const ARABIC = `[ØÙ][${common}${currency}${bad}${numeric}${start}ŸŠ®°µ»]`;

/** Neighbours that hardly anybody writes on purpose. */
const UNLIKELY = [
  `[${c1}]`,
  `[${bad}${lower}${upper}${box}${start}${end}${currency}${numeric}${law}][${bad}]`,
  `[a-zA-Z][${lowerCommon}${upperCommon}][${bad}]`,
  `[${bad}][${lower}${upper}${box}${start}${end}${currency}${numeric}${law}]`,
  `[${lower}${lowerCommon}${box}${end}${currency}${numeric}][${upper}]`,
  `[${box}${end}${currency}${numeric}][${lower}]`,
  `[${lower}${box}${end}][${currency}]`,
  `${SPACE}[${upper}][${currency}]`,
  `[${upper}${box}][${numeric}${law}]`,
  `[${lower}${upper}${box}${currency}${end}][${start}][${numeric}]`,
  `[${lower}${upper}${currency}${numeric}${box}${law}][${end}][${start}]`,
  `[${currency}${numeric}${box}][${start}]`,
  `[a-z][${upper}][${start}${currency}]`,
  `[${box}][${kaomoji}]`,
  `[${lower}${upper}${currency}${numeric}${start}${end}${law}][${box}]`,
  `[${box}][${end}]`,
  `[${lower}${upper}][${start}${end}]${WORD}`,
  '[Œœ][^A-Za-z]',
  `[${upper}]°`,
  `[ÂÃÎÐ][€œŠš¢£Ÿž\xa0\xad®©°·»${start}${end}–—´]`,
  '×[²³]',
  ARABIC + ARABIC,
  'à[²µ¹¼½¾]',
  // MacRoman.
  '√[±∂†≠®™´≤≥¥µø]',
  '≈[°¢]',
  '‚Ä[ìîïòôúùû†°¢π]',
  '‚[âó][àä°ê]',
  // Windows-1251.
  'вЂ',
  `[ВГРС][${c1}${bad}${start}${end}${currency}°µ][ВГРС]`,
  'ГўВЂВ[^\\n][A-Za-z ]',
  // Windows-1252.
  'Ã[\xa0¡]',
  `[a-z]${SPACE}?[ÃÂ][ ]`,
  '^[ÃÂ][ ]',
  `[a-z.,?!${end}]Â[ ${start}${end}]`,
  // Windows-1253.
  'β€[™\xa0Ά\xad®°]',
  `[ΒΓΞΟ][${c1}${bad}${start}${end}${currency}°][ΒΓΞΟ]`,
  // Windows-1257.
  'ā€',
];

const BADNESS = new RegExp(UNLIKELY.join('|'), 'u');

export const isBad = (text: string): boolean => BADNESS.test(text);
