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

  it('puts the last columns beneath each row where they do not fit beside it, cutting nothing', () => {
    const wide = [...columns, { title: 'PATH' }];
    const paths = rows.map((row) => [...row.slice(0, 3), 'here', '/models/a/long/path']);
    expect(table({ ...PLAIN_SCREEN, columns: 30 }, wide, paths).split('\n')).toEqual([
      '   MODEL   SIZE  NOTE',
      '+  a        1 B  here',
      '     path /models/a/long/path',
      'x  longer  12 B  here',
      '     path /models/a/long/path',
    ]);
    expect(
      table({ ...PLAIN_SCREEN, columns: 25 }, wide, paths.slice(0, 1))
        .split('\n')
        .slice(1),
    ).toEqual(['+  a       1 B  here', '     path /models/a/long/path']);
    expect(table({ ...PLAIN_SCREEN, columns: 12 }, columns, rows).split('\n')).toEqual([
      '   MODEL',
      '+  a',
      '     size 1 B',
      'x  longer',
      '     size 12 B',
    ]);
  });

  it('puts a cell that is wider than most beneath its row alone', () => {
    const text = table(
      { ...PLAIN_SCREEN, columns: 24 },
      [{ title: 'KEY' }, { title: 'VALUE', most: 8 }, { title: 'FROM' }],
      [
        ['ca_files', '/etc/ssl/certs/a.pem', 'env'],
        ['keyring', 'auto', 'default'],
      ],
    );
    expect(text.split('\n')).toEqual([
      'KEY       VALUE  FROM',
      'ca_files         env',
      '  value /etc/ssl/certs/a.pem',
      'keyring   auto   default',
    ]);
  });

  it('joins what stands beneath a row as far as it fits', () => {
    const text = table(
      { ...PLAIN_SCREEN, columns: 20 },
      [{ title: 'NAME' }, { title: 'A' }, { title: 'B' }, { title: 'C' }],
      [['a-name-of-its-own', 'one', '22', 'longer than that']],
    );
    expect(text.split('\n')).toEqual(['NAME', 'a-name-of-its-own', '  a one  b 22', '  c longer than that']);
  });

  it('breaks sentences in the last column between words, under one another', () => {
    const text = table(
      { ...PLAIN_SCREEN, columns: 36 },
      [{ title: 'CHECK' }, { title: 'FOUND', flows: true }],
      [
        ['rename', 'a rename replaces a file in one step, as it should'],
        ['locks', 'granted'],
      ],
    );
    expect(text.split('\n')).toEqual([
      'CHECK   FOUND',
      'rename  a rename replaces a file in',
      '        one step, as it should',
      'locks   granted',
    ]);
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
