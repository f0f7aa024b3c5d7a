import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sha256Of } from '../domain/digest.ts';
import { BlobTable } from './blob-table.ts';

const digestOf = (name: unknown) => sha256Of(hash('sha256', String(name)));

describe('a table of blobs', () => {
  it('gives each digest one number, whatever else comes in', () => {
    const table = new BlobTable();
    const names = Array.from({ length: 5000 }, (_, index) => index);
    for (const name of names) expect(table.add(digestOf(name), name)).toBe(name);
    for (const name of names) expect(table.add(digestOf(name), 7)).toBe(name);
    expect(table.count).toBe(5000);
    for (const name of names) {
      expect(table.numberOf(digestOf(name))).toBe(name);
      expect(table.digestOf(name)).toBe(digestOf(name));
      expect(table.sizeOf(name)).toBe(name);
    }
  });

  it('knows what it does not have', () => {
    const table = new BlobTable();
    table.add(digestOf('a'), 1);
    expect(table.numberOf(digestOf('b'))).toBeUndefined();
  });

  it('tells digests apart that begin alike', () => {
    const table = new BlobTable();
    const alike = ['0', '1', '2'].map((end) => sha256Of(`${'a'.repeat(63)}${end}`));
    expect(alike.map((digest) => table.add(digest, 1))).toEqual([0, 1, 2]);
    expect(alike.map((digest) => table.numberOf(digest))).toEqual([0, 1, 2]);
  });

  it('sums sizes beyond 32 bits', () => {
    const table = new BlobTable();
    const numbers = [table.add(digestOf('a'), 2 ** 40), table.add(digestOf('b'), 3)];
    expect(table.sumOf(Uint32Array.from(numbers))).toBe(2 ** 40 + 3);
  });
});
