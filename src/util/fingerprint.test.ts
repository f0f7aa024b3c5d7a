import { assert, integer, property, uint8Array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprint } from './fingerprint.ts';

describe('fingerprint', () => {
  it('is the number 1 and all bytes, modulo 2^64 - 59', () => {
    expect(fingerprint(Buffer.alloc(0))).toBe('0000000000000001');
    expect(fingerprint(Buffer.from('00', 'hex'))).toBe('0000000000000100');
    expect(fingerprint(Buffer.from('0000000000000000', 'hex'))).toBe('000000000000003b');
    const long = Buffer.alloc(200_001, 'longer than one step');
    expect(fingerprint(long)).toBe((BigInt(`0x1${long.toString('hex')}`) % (2n ** 64n - 59n)).toString(16).padStart(16, '0'));
  });

  it('changes with every bit, and with the length', () => {
    assert(
      property(uint8Array({ minLength: 1, maxLength: 500 }), integer({ min: 0, max: 3999 }), (bytes, at) => {
        const whole = Buffer.from(bytes);
        const flipped = Buffer.from(bytes);
        const place = (at >> 3) % flipped.length;
        flipped[place] = (flipped[place] ?? 0) ^ (1 << (at & 7));
        return fingerprint(flipped) !== fingerprint(whole) && fingerprint(whole.subarray(1)) !== fingerprint(whole);
      }),
    );
  });
});
