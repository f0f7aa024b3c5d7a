import { expect, it } from 'vitest';
import { torture } from './torture.ts';

/** Half an hour; TORTURE_SECONDS makes it shorter, and TORTURE_SEED another one. */
const seconds = Number(process.env.TORTURE_SECONDS ?? 1800);
const seed = Number(process.env.TORTURE_SEED ?? 1);

it('sixteen processes, killed at random, for half an hour: no model that is held misses a byte', {
  timeout: (seconds + 300) * 1000,
}, async () => {
  const report = await torture({ seconds, processes: 16, seed });
  expect(report.kills, JSON.stringify(report)).toBeGreaterThan(seconds / 10);
});
