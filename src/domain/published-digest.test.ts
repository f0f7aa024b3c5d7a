import { expect, it } from 'vitest';
import { DIGEST_ALGORITHMS, formatDigest, levelOf, parseDigest } from './published-digest.ts';

const HEX = { sha256: 'a'.repeat(64), 'git-sha1': 'b'.repeat(40), md5: 'c'.repeat(32) };

it.each(DIGEST_ALGORITHMS)('a %s is read as it was written', (algorithm) => {
  const digest = { algorithm, hex: HEX[algorithm] };
  expect(parseDigest(formatDigest(digest))).toEqual(digest);
});

it.each(['', 'md5', `md5:${'C'.repeat(32)}`, `md5:${HEX['git-sha1']}`, `crc32:${HEX.md5}`, `md5:${HEX.md5}x`])('%s is no digest', (text) =>
  expect(parseDigest(text)).toBeUndefined(),
);

it('only a sha256 earns more than an etag', () => {
  expect(DIGEST_ALGORITHMS.map((algorithm) => levelOf({ algorithm, hex: '' }))).toEqual(['upstream-sha256', 'etag', 'etag']);
});
