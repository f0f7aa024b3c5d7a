import { expect, it } from 'vitest';
import type { Disk } from '../../api/wire.ts';
import { regionsOf } from './disk-tree.ts';

const model = (ref: string, family: string, unique_bytes: number, pinned = false) => ({
  ref,
  family,
  unique_bytes,
  pinned,
  readable: true,
});
const holder = (name: string, unique_bytes: number) => ({ name, unique_bytes });
const size = (name: string, disk_bytes: number) => ({ class: name, disk_bytes });

/** Two families: a and b share 30 in theirs, and 20 with c. */
const DISK = {
  models: [model('a@1', 'wan', 100, true), model('b@1', 'wan', 50), model('c@1', 'image', 40)],
  families: [holder('wan', 180), holder('image', 40)],
  classes: [size('live', 90), size('shared', 50), size('pinned', 100), size('orphan', 7), size('trash', 0), size('state', 3)],
} as unknown as Disk;

it('every byte is in one area', () => {
  const regions = regionsOf(DISK);
  expect(regions.map(({ name, bytes }) => [name, bytes])).toEqual([
    ['wan', 180],
    ['image', 40],
    ['', 30],
  ]);
  const total = DISK.classes.reduce((sum, { disk_bytes }) => sum + disk_bytes, 0);
  expect(regions.flatMap(({ areas }) => areas).reduce((sum, { bytes }) => sum + bytes, 0)).toBe(total);
});

it('what is shared is told of apart, where it is shared, and nothing of what is empty', () => {
  const areas = regionsOf(DISK).map((region) => region.areas.map(({ name, bytes, kind }) => `${kind} ${name} ${bytes}`));
  expect(areas).toEqual([
    ['model a@1 100', 'model b@1 50', 'shared shared in wan 30'],
    ['model c@1 40'],
    ['shared shared by several 20', 'other counted on by no model 7', 'other records of the store 3'],
  ]);
});

it('of an empty store there is nothing to draw', () => {
  expect(regionsOf({ models: [], families: [], classes: [] } as unknown as Disk)).toEqual([]);
});
