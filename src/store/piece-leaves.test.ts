import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { digestOf, testStore } from '../../test/support/test-store.ts';
import { readLeaves, writeLeaves } from './piece-leaves.ts';

const digest = digestOf(Buffer.from('a blob'));
const leafBytes = 16;
const digests = Buffer.concat([Buffer.alloc(32, 1), Buffer.alloc(32, 2), Buffer.alloc(32, 3)]);

it('gives back the leaves of a blob, for the size that they were made of', async () => {
  const { context } = await testStore();
  expect(readLeaves(context, digest, 40)).toBeUndefined();
  await writeLeaves(context, digest, { leafBytes, digests });
  expect(readLeaves(context, digest, 40)).toMatchObject({ leafBytes });
  expect(Buffer.from(readLeaves(context, digest, 40)?.digests ?? []).equals(digests)).toBe(true);
  expect([32, 49].map((sizeBytes) => readLeaves(context, digest, sizeBytes))).toEqual([undefined, undefined]);
});

it.each([
  ['torn', (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 50))],
  ['all NUL', (path: string) => writeFileSync(path, Buffer.alloc(144))],
  [
    'one bit other',
    (path: string) =>
      writeFileSync(
        path,
        readFileSync(path).map((byte, at) => (at === 40 ? byte ^ 1 : byte)),
      ),
  ],
  ['longer', (path: string) => appendFileSync(path, 'x')],
  ['empty', (path: string) => writeFileSync(path, '')],
])('leaves that are %s are none', async (_name, damage) => {
  const { context } = await testStore();
  await writeLeaves(context, digest, { leafBytes, digests });
  damage(context.resolver.stateFile('pieces', digest));
  expect(readLeaves(context, digest, 40)).toBeUndefined();
});
