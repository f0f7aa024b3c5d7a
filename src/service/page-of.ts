import type { LineQuery } from './contract/line-page.ts';

/** The newest lines that are asked for. */
export function pageOf<Line extends { readonly seq: number }>(newestFirst: Iterable<Line>, { before, after = 0, limit }: LineQuery) {
  const lines: Line[] = [];
  for (const line of newestFirst) {
    if (line.seq <= after) break;
    if (before !== undefined && line.seq >= before) continue;
    if (lines.length === limit) return { lines, more: true };
    lines.push(line);
  }
  return { lines, more: false };
}
