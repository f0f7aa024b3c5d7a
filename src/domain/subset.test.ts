import { hash } from 'node:crypto';
import { expect, it } from 'vitest';
import { isInSubset, parseSubset } from './subset.ts';

it.each(['0/7', '8/7', '1/0', '1', '1/7/2', 'a/b', '-1/7', '1/99999', ''])('%j is no part', (text) => {
  expect(parseSubset(text)).toBeUndefined();
});

it('every digest is in exactly one part, about as many in each', () => {
  const digests = Array.from({ length: 7000 }, (_, index) => hash('sha256', String(index)));
  const counts = [1, 2, 3, 4, 5, 6, 7].map((part) => digests.filter((digest) => isInSubset({ part, of: 7 }, digest)).length);
  expect(counts.reduce((sum, count) => sum + count)).toBe(7000);
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
