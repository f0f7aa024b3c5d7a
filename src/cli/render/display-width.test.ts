import { describe, expect, it } from 'vitest';
import { displayWidth, padEnd, padStart, truncate } from './display-width.ts';

describe('displayWidth', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['模型', 4],
    ['e\u0301', 1],
    ['👍', 2],
    ['a\u200db', 2],
    ['✔ ok', 4],
    ['\x1b[1;31mred\x1b[0m', 3],
  ])('%j takes %i cells', (text, cells) => expect(displayWidth(text)).toBe(cells));

  it('pads by cells', () => {
    expect(padEnd('模', 4)).toBe('模  ');
    expect(padStart('模', 4)).toBe('  模');
    expect(padEnd('long', 2)).toBe('long');
  });

  it('cuts to cells, never through a wide character', () => {
    expect(truncate('abcdef', 4)).toBe('abc…');
    expect(truncate('模型模型', 4)).toBe('模…');
    expect(truncate('abc', 3)).toBe('abc');
    expect(truncate('abc', 0)).toBe('');
  });
});
