import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../test/servers/http/fault-server.ts';
import { LeafHasher } from './leaf-hasher.ts';
import { LEAF_BYTES } from './transfer.ts';

const sizeBytes = 2 * LEAF_BYTES + 777;
const bytes = seeded(sizeBytes, 61).read(0, sizeBytes);

function hashed(isIdleAt: (leaf: number) => boolean): string | undefined {
  let asked = 0;
  const leaves = new LeafHasher({
    get isIdle() {
      return isIdleAt(++asked);
    },
  });
  const whole = createHash('sha256');
  // Chunks end at pieces, and pieces at leaves.
  const step = LEAF_BYTES / 64;
  for (let at = 0; at < sizeBytes; at += step) {
    const chunk = bytes.subarray(at, at + step);
    whole.update(chunk);
    leaves.update(chunk, at, whole);
  }
  const digests = leaves.finish(sizeBytes, whole);
  return digests && Buffer.from(digests).toString('hex');
}

describe('leaves', () => {
  it('are the digests of 16 MiB each, the last one short', () => {
    const parts = [0, 1, 2].map((leaf) => bytes.subarray(leaf * LEAF_BYTES, (leaf + 1) * LEAF_BYTES));
    expect(hashed(() => true)).toBe(parts.map((part) => createHash('sha256').update(part).digest('hex')).join(''));
  });

  it('are given up where one would have had to wait', () => {
    expect(hashed((leaf) => leaf !== 1)).toBeUndefined();
    expect(hashed((leaf) => leaf !== 2)).toBeUndefined();
  });

  it('cost nothing for a file of one leaf', () => {
    const whole = createHash('sha256').update(bytes.subarray(0, 1000));
    const leaves = new LeafHasher({ isIdle: false });
    leaves.update(bytes.subarray(0, 1000), 0, whole);
    expect(Buffer.from(leaves.finish(1000, whole) ?? []).toString('hex')).toBe(
      createHash('sha256').update(bytes.subarray(0, 1000)).digest('hex'),
    );
  });
});
