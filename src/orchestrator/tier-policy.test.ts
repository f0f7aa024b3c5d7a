import { expect, it } from 'vitest';
import type { TierSettings } from '../domain/tiers.ts';
import { chooseTier } from './tier-policy.ts';

const DAY = 86_400_000;
const tier = (name: string, idleDays: number | undefined, minSizeBytes = 0): TierSettings => ({
  name,
  place: { kind: 'path', path: `/${name}` },
  compress: false,
  minSizeBytes,
  ...(idleDays !== undefined && { idleMs: idleDays * DAY }),
});
const TIERS = [tier('cold', 14, 1000), tier('deep', 90), tier('by-hand', undefined)];

it.each([
  [13.9, 5000, undefined],
  [14, 5000, 'cold'],
  [14, 1000, 'cold'],
  [14, 999, undefined],
  [89.9, 999, undefined],
  [90, 999, 'deep'],
  [500, 5000, 'deep'],
  [-3, 5000, undefined],
])('a model unused for %d days, of %d bytes, belongs to %s', (idleDays, sizeBytes, to) => {
  expect(chooseTier(TIERS, { idleMs: idleDays * DAY, sizeBytes })?.to).toBe(to);
});
