import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { EMPTY_SHA256, parseSha256, sha256Of } from './digest.ts';

const HEX = 'ab'.repeat(32);

describe('a digest', () => {
  it.each([HEX, HEX.toUpperCase(), `sha256:${HEX}`, `SHA256:${HEX.toUpperCase()}`])('is read from %s', (text) => {
    expect(parseSha256(text)).toBe(HEX);
  });

  it.each([
    '',
    HEX.slice(1),
    `${HEX}0`,
    `g${HEX.slice(1)}`,
    `md5:${HEX}`,
    ` ${HEX}`,
    `${HEX}\n`,
    `sha256:sha256:${HEX}`,
    `../${HEX.slice(3)}`,
  ])('is not read from %j', (text) => {
    expect(parseSha256(text)).toBeUndefined();
  });

  it('that is none is a bug of the caller, not an error of the user', () => {
    expect(() => sha256Of('nonsense')).toThrow(/^not a sha256 digest: nonsense$/);
    expect(sha256Of(HEX)).toBe(HEX);
  });

  it('of no bytes is known', () => {
    expect(createHash('sha256').digest('hex')).toBe(EMPTY_SHA256);
  });
});
