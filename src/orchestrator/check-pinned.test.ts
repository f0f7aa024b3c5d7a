import { expect, it } from 'vitest';
import { sha256Of } from '../domain/digest.ts';
import type { FileSpec } from '../domain/spec.ts';
import { checkPinned } from './check-pinned.ts';

const [PINNED, OTHER] = [sha256Of('a'.repeat(64)), sha256Of('b'.repeat(64))];
const file: FileSpec = { path: 'dit/m.safetensors', sizeBytes: 1, proof: 'lock-sha256', optional: false, shardIndex: false };
const target = (sha256?: typeof PINNED) => ({ label: 'm@1.0.0@bf16', files: [{ ...file, ...(sha256 && { sha256 }) }] });

it('a derived file that is pinned as other bytes is CHECKSUM_FAIL with both digests', () => {
  expect(() => checkPinned(target(PINNED), file.path, OTHER)).toThrow(
    expect.objectContaining({
      code: 'CHECKSUM_FAIL',
      reason: 'derivation_differs',
      details: { file: file.path, expected: PINNED, found: OTHER },
    }),
  );
});

it('the pinned bytes, and any of a file that nobody pinned, are right', () => {
  checkPinned(target(PINNED), file.path, PINNED);
  checkPinned(target(), file.path, OTHER);
});
