import { describe, expect, it } from 'vitest';
import { isHashedJointly } from './joint-plan.ts';

const GIB = 1024 ** 3;

describe('a file is hashed beside others', () => {
  it('where three others have at least half as much to be hashed', () => {
    expect(isHashedJointly({ bytes: GIB, others: () => [GIB, GIB, GIB], threads: 2 })).toBe(true);
    expect(isHashedJointly({ bytes: GIB, others: () => [GIB, GIB], threads: 2 })).toBe(false);
    expect(isHashedJointly({ bytes: GIB, others: () => [GIB, GIB / 2, 9 * GIB], threads: 1 })).toBe(true);
    expect(isHashedJointly({ bytes: GIB, others: () => [GIB, GIB / 3, GIB, GIB / 3], threads: 2 })).toBe(false);
  });

  it('not where there are threads enough for a file each, nor if it is small', () => {
    expect(isHashedJointly({ bytes: GIB, others: () => Array(20).fill(GIB), threads: 3 })).toBe(false);
    expect(isHashedJointly({ bytes: 1000, others: () => Array(20).fill(GIB), threads: 1 })).toBe(false);
  });
});
