import { describe, expect, it } from 'vitest';
import { PLAIN_SCREEN } from './screen.ts';
import { properties, table, wrap } from './table.ts';

const columns = [{ title: '' }, { title: 'MODEL' }, { title: 'SIZE', align: 'right' as const }, { title: 'NOTE' }];
const rows = [
  ['+', 'a', '1 B', ''],
  ['x', 'longer', '12 B', ''],
];

describe('table', () => {
  it('aligns, right where asked, and leaves out columns without a cell', () => {
    expect(table(PLAIN_SCREEN, columns, rows)).toBe(['   MODEL   SIZE', '+  a        1 B', 'x  longer  12 B'].join('\n'));
  });

  it('counts cells, not characters: wide, combining and coloured text stay aligned', () => {
    const text = table(
      PLAIN_SCREEN,
      [{ title: 'A' }, { title: 'B' }],
      [
        ['模型', '1'],
        ['e\u0301x', '2'],
        ['\x1b[31mred\x1b[39m', '3'],
      ],
    );
    expect(text.split('\n')).toEqual(['A     B', '模型  1', 'e\u0301x    2', '\x1b[31mred\x1b[39m   3']);
  });

  it('shows a block a row where it does not fit, cutting nothing', () => {
    expect(table({ ...PLAIN_SCREEN, columns: 12 }, columns, rows)).toBe(['+ a', '  size 1 B', 'x longer', '  size 12 B'].join('\n'));
  });

  it('aligns properties and leaves out empty ones', () => {
    expect(
      properties(PLAIN_SCREEN, [
        ['path', '/x'],
        ['type', ''],
        ['family', 'wan22'],
      ]),
    ).toBe('path    /x\nfamily  wan22');
  });

  it('wraps between words and indents what follows', () => {
    expect(wrap('one two three four', 10, '  ')).toBe('one two\n  three\n  four');
    expect(wrap('anything', Number.POSITIVE_INFINITY)).toBe('anything');
  });
});
