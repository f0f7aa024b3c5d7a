/** Cells that a text takes on a terminal. */
import { stripVTControlCharacters } from 'node:util';

/** ASCII, and the marks and bars of our own: one cell each. */
const NARROW = /^[\x20-\x7e\u2026\u2500-\u25cf\u2714\u2716]*$/;
/** East Asian wide and full-width blocks, as [first, last] code points. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x20000, 0x3fffd],
];

export function displayWidth(text: string): number {
  const visible = text.includes('\x1b') ? stripVTControlCharacters(text) : text;
  if (NARROW.test(visible)) return visible.length;
  let width = 0;
  for (const character of visible) width += cellsOf(character);
  return width;
}

/** The two patterns take a millisecond to make, so no text that is narrow makes them. */
function cellsOf(character: string): number {
  if (/^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]$/u.test(character)) return 0;
  const point = character.codePointAt(0) ?? 0;
  return /^\p{Emoji_Presentation}$/u.test(character) || WIDE.some(([first, last]) => point >= first && point <= last) ? 2 : 1;
}

export const padEnd = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - displayWidth(text)));
export const padStart = (text: string, width: number): string => ' '.repeat(Math.max(0, width - displayWidth(text))) + text;

/** Cut to at most `width` cells, its end replaced by `…` (ASCII: `~`) where something was lost. Plain text only. */
export function truncate(text: string, width: number, ellipsis = '…'): string {
  if (displayWidth(text) <= width) return text;
  let kept = '';
  let cells = 0;
  for (const character of text) {
    cells += cellsOf(character);
    if (cells > width - 1) break;
    kept += character;
  }
  return width > 0 ? kept + ellipsis : '';
}
