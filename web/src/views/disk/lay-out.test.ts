import { expect, it } from 'vitest';
import type { Region } from './disk-tree.ts';
import { type Box, layOut, TITLE } from './lay-out.ts';

const region = (name: string, ...bytes: readonly number[]): Region => ({
  name,
  bytes: bytes.reduce((sum, one) => sum + one, 0),
  areas: bytes.map((one, index) => ({ key: `${name} ${index}`, name: `${name} ${index}`, family: name, kind: 'model', bytes: one })),
});

const REGIONS = [region('wan', 500, 300, 100), region('image', 80, 20)];
const isInside = (inner: Box, outer: Box): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;
const overlap = (a: Box, b: Box): boolean => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

it('each area lies in its region, each region in the whole, and none over another', () => {
  const laid = layOut(REGIONS, 800, 400);
  expect(laid.map(({ region: { name }, areas }) => [name, areas.length])).toEqual([
    ['wan', 3],
    ['image', 2],
  ]);
  for (const box of laid) {
    expect(isInside(box, { x: 0, y: 0, width: 800, height: 400 })).toBe(true);
    for (const area of box.areas) expect(isInside(area, box)).toBe(true);
  }
  const areas = laid.flatMap((box) => box.areas);
  for (const [index, area] of areas.entries()) expect(areas.slice(index + 1).some((other) => overlap(area, other))).toBe(false);
});

it('what has more bytes has more room, and a title has its own', () => {
  const [wan] = layOut(REGIONS, 800, 400);
  const sizes = wan?.areas.map(({ width, height }) => width * height) ?? [];
  expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
  expect(Math.min(...(wan?.areas.map(({ y }) => y) ?? []))).toBeGreaterThanOrEqual((wan?.y ?? 0) + TITLE);
});

it.each([
  [[], 100, 100],
  [REGIONS, 0, 100],
] as const)('where there is nothing, or no room, nothing is drawn', (regions, width, height) => {
  expect(layOut(regions, width, height)).toEqual([]);
});
