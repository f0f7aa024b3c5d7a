import { expect, it } from 'vitest';
import { countProofs, weakestProof } from './proof.ts';

it('a model claims no more than its weakest file', () => {
  expect(weakestProof(['manifest-sha256', 'etag', 'lock-sha256'])).toBe('etag');
  expect(weakestProof(['manifest-sha256'])).toBe('manifest-sha256');
  expect(weakestProof(new Set(['size-only', 'manifest-sha256'] as const))).toBe('size-only');
});

it('files are counted by what proves them, best first', () => {
  expect(Object.entries(countProofs(['etag', 'manifest-sha256', 'etag']))).toEqual([
    ['manifest-sha256', 1],
    ['etag', 2],
  ]);
});

it('where there is no file, nothing is claimed', () => {
  expect(weakestProof([])).toBeUndefined();
});
