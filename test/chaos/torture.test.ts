import { expect, it } from 'vitest';
import { torture } from './torture.ts';

const SECONDS = 20;

it('ensure, gc, rm, pin, verify, import, repair and exec at once, killed at random: no model that is held misses a byte', {
  timeout: 180_000,
}, async () => {
  const { runs, kills, ended } = await torture({ seconds: SECONDS, processes: 4, seed: 20261127 });
  expect(runs).toBeGreaterThan(20);
  expect(kills).toBeGreaterThan(3);
  expect(Object.keys(ended)).toEqual(expect.arrayContaining(['ensure', 'gc', 'exec']));
});
