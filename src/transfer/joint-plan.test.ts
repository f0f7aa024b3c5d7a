import { describe, expect, it } from 'vitest';
import { countTogether, isHashedJointly } from './joint-plan.ts';

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

describe('of complete files a thread takes', () => {
  const count = (sizes: readonly number[], threads: number, more = 0): number =>
    countTogether({
      waiting: sizes.map((sizeBytes) => ({ sizeBytes })),
      unfinishedBytes: more + sizes.reduce((sum, size) => sum + size, 0),
      threads,
    });

  it('four or three, where each thread has three to do', () => {
    expect(count(Array(8).fill(GIB), 2)).toBe(4);
    expect(count(Array(3).fill(GIB), 1)).toBe(3);
    expect(count(Array(3).fill(GIB), 2, 3 * GIB)).toBe(3);
    expect(count(Array(100).fill(GIB), 6)).toBe(4);
  });

  it('one, where there are threads enough for a file each, or too few files', () => {
    expect(count(Array(4).fill(GIB), 2)).toBe(1);
    expect(count(Array(17).fill(GIB), 6)).toBe(1);
    expect(count(Array(2).fill(GIB), 1)).toBe(1);
    expect(count([GIB], 1, 100 * GIB)).toBe(1);
    expect(count([], 1)).toBe(1);
  });

  it('one, where the next ones are small beside the first, or all of them', () => {
    expect(count([GIB, GIB, GIB / 2, GIB / 2], 1)).toBe(4);
    expect(count([GIB, GIB, GIB / 2, GIB / 3], 1)).toBe(1);
    expect(count([9 * GIB, GIB, GIB, GIB], 1)).toBe(1);
    expect(count(Array(100).fill(1000), 1)).toBe(1);
  });
});
