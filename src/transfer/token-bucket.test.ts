import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

function simulated(rate: number) {
  let nowUs = 1_000_000n;
  const bucket = new TokenBucket(undefined, () => nowUs);
  bucket.setRate(rate);
  return { bucket, pass: (ms: number) => (nowUs += BigInt(Math.round(ms * 1000))), nowMs: () => Number(nowUs - 1_000_000n) / 1000 };
}

describe('the token bucket', () => {
  it.each([1024, 1_000_000, 5_000_000_000])('keeps %i bytes a second within 5 %%', (rate) => {
    const { bucket, pass, nowMs } = simulated(rate);
    let taken = 0;
    while (nowMs() < 20_000) {
      const size = bucket.readBytes(256 * 1024);
      bucket.take(size);
      taken += size;
      for (let wait = bucket.waitMs(); wait > 0; wait = bucket.waitMs()) pass(Math.max(0.001, wait));
    }
    expect(Math.abs(taken / (nowMs() / 1000) / rate - 1)).toBeLessThan(0.06);
  });

  it('shares one rate between threads that use the same memory', () => {
    const { bucket, nowMs } = simulated(1000);
    const other = new TokenBucket(bucket.buffer, () => 1_000_000n);
    bucket.take(500);
    other.take(500);
    expect(bucket.waitMs()).toBe(200);
    expect(nowMs()).toBe(0);
  });

  it('forgets debts when the rate changes, and lets everything through without one', () => {
    const { bucket } = simulated(1000);
    bucket.take(100_000);
    expect(bucket.waitMs()).toBeGreaterThan(0);
    bucket.setRate(0);
    expect([bucket.waitMs(), bucket.readBytes(777)]).toEqual([0, 777]);
  });
});
