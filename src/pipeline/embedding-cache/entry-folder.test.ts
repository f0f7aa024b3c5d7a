import { expect, it } from 'vitest';
import { type FolderFile, planEviction } from './entry-folder.ts';

const HOUR_MS = 3600_000;
const entry = (path: string, mtimeMs: number): FolderFile => ({ path, id: path, sizeBytes: 100, mtimeMs });
const unfinished = (path: string, mtimeMs: number): FolderFile => ({ path, sizeBytes: 50, mtimeMs });
const plan = (files: readonly FolderFile[], neededBytes: number, maxBytes: number) =>
  planEviction(files, { neededBytes, maxBytes, nowMs: 2 * HOUR_MS }).map(({ path }) => path);

it('nothing goes as long as there is room', () => {
  expect(plan([entry('a', 1), entry('b', 2)], 100, 300)).toEqual([]);
});

it('as few go as are needed, those first that were not used for longest', () => {
  expect(plan([entry('new', 3), entry('old', 1), entry('middle', 2)], 100, 300)).toEqual(['old']);
  expect(plan([entry('new', 3), entry('old', 1), entry('middle', 2)], 101, 300)).toEqual(['old', 'middle']);
});

it('what a dead writer left goes first, and one at work keeps its file, whose bytes count', () => {
  const files = [entry('a', 1), unfinished('dead', HOUR_MS - 1), unfinished('alive', HOUR_MS)];
  expect(plan(files, 100, 250)).toEqual(['dead']);
  expect(plan(files, 100, 249)).toEqual(['dead', 'a']);
});
