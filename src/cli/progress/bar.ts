import { paint } from '../render/paint.ts';
import type { Screen } from '../render/screen.ts';

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar of `width` cells; `ratio` from 0 to 1. */
export function bar(screen: Screen, ratio: number, width: number): string {
  if (!screen.unicode) return asciiBar(ratio, width);
  const eighths = Math.floor(ratio * width * 8);
  const full = Math.floor(eighths / 8);
  const done = '█'.repeat(full) + (EIGHTHS[eighths % 8] ?? '');
  const rest = '░'.repeat(width - full - (eighths % 8 === 0 ? 0 : 1));
  return paint(screen, 'green', done) + paint(screen, 'dim', rest);
}

function asciiBar(ratio: number, width: number): string {
  const inside = Math.max(0, width - 2);
  const full = Math.floor(ratio * inside);
  return `[${'#'.repeat(full)}${'-'.repeat(inside - full)}]`;
}
