import { expect, it } from 'vitest';
import { locateKeys } from './locate-keys.ts';

const places = (toml: string): Record<string, string> =>
  Object.fromEntries([...locateKeys(toml)].map(([key, { line, column }]) => [key, `${line}:${column}`]));

it('finds bare, quoted, dotted and indented keys, and tables', () => {
  expect(places('a = 1\n  b=2\n"c d" = 3\n\'e\' = 4\nf.g = 5\n\n[h]\ni = 6\n[[ j ]]\n[k.l]\n')).toEqual({
    a: '1:1',
    b: '2:3',
    'c d': '3:1',
    e: '4:1',
    f: '5:1',
    h: '7:2',
    j: '9:4',
    k: '10:2',
  });
});

it('takes neither comments nor the inside of strings and arrays for keys', () => {
  expect(places('# a = 1\nb = """\nc = 2\n"""\nd = [\n  "e = 3",\n]\nf = \'\'\'g = 4\'\'\'\r\nh = 5 # i = 6\n')).toEqual({
    b: '2:1',
    d: '5:1',
    f: '8:1',
    h: '9:1',
  });
});

it('keeps the first place of a key', () => {
  expect(places('a.b = 1\na.c = 2\n')).toEqual({ a: '1:1' });
});
