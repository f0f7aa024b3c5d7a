import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { EMPTY_SHA256, sha256Of } from '../../domain/digest.ts';
import { placeholderReason } from './placeholder-digest.ts';

const digestOf = (text: string) => sha256Of(createHash('sha256').update(text).digest('hex'));

describe('placeholderReason', () => {
  it.each(['123', 'abc', 'test', 'ABC', 'foobar', '2', '42', '42\n', 'hello world'])(
    'refuses the digest of %j for a large file',
    (text) => {
      expect(placeholderReason(digestOf(text), 1_000_000)).toContain('a text of');
    },
  );

  it('accepts the digest of a short text for a file that has its length', () => {
    expect(placeholderReason(digestOf('abc'), 3)).toBeUndefined();
    expect(placeholderReason(EMPTY_SHA256, 0)).toBeUndefined();
  });

  it('refuses the digest of nothing for a file that is not empty', () => {
    expect(placeholderReason(EMPTY_SHA256, 5)).toContain('empty file');
  });

  it.each([
    '0'.repeat(64),
    'f'.repeat(64),
    'deadbeef'.repeat(8),
    'abc123'.repeat(11).slice(0, 64),
    '0123456789abcdef'.repeat(4),
    'fedcba9876543210'.repeat(4),
    '1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6b7c8d9e0f1a2b',
    'a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0c1d2e3f4a5b6c7d8e9f0a1b2',
    '1234567890123456789012345678901234567890123456789012345678901234',
    '1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcde0',
  ])('refuses %s', (digest) => expect(placeholderReason(sha256Of(digest), 1_000_000)).toBeDefined());

  it('accepts real digests', () => {
    for (let number = 0; number < 20_000; number++) expect(placeholderReason(digestOf(`real bytes ${number}`), 1_000_000)).toBeUndefined();
  });
});
