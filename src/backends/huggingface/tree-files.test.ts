import { expect, it } from 'vitest';
import { TreeFiles } from './tree-files.ts';

const file = (path: string) => ({ type: 'file', path, size: 1, oid: 'a'.repeat(40) });
const folder = (path: string) => ({ ...file(path), type: 'directory' });

it('files of all pages are held by their paths; folders and paths that no model may hold are not', () => {
  const tree = new TreeFiles();
  expect(tree.add([folder('a'), file('a/b.bin'), file('../up')])).toBe(true);
  expect(tree.add([file('c.json')])).toBe(true);
  expect([...tree.files.keys()]).toEqual(['a/b.bin', 'c.json']);
  expect(tree.isTooLarge).toBe(false);
});

it.each([[null], [1], [{}], [{ ...file('a'), oid: null }], [{ ...file('a'), lfs: 1 }]])('%j is no entry of a tree', (item) => {
  expect(new TreeFiles().add([file('b'), item])).toBe(false);
});

it('beyond a number of entries, folders among them, or of all letters in their paths nothing is held', () => {
  const many = new TreeFiles({ entries: 2, pathUnits: 100 });
  many.add([folder('a'), file('b')]);
  expect(many.isTooLarge).toBe(false);
  many.add([file('c'), file('d')]);
  expect([many.isTooLarge, [...many.files.keys()]]).toEqual([true, ['b']]);
  const long = new TreeFiles({ entries: 10, pathUnits: 5 });
  long.add([file('abcde')]);
  expect(long.isTooLarge).toBe(false);
  long.add([file('f')]);
  expect([long.isTooLarge, [...long.files.keys()]]).toEqual([true, ['abcde']]);
});
