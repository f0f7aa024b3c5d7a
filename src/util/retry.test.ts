import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock, Random } from '../domain/world.ts';
import { backoffDelayMs, DEFAULT_RETRY_POLICY, type RetryVerdict, retry } from './retry.ts';

const random = (value: number): Random => ({ next: () => value, uuid: () => '' });

/** A clock that only sleeping and working move on. */
class StillClock implements Clock {
  time = 0;
  readonly slept: number[] = [];
  now = () => this.time;
  monotonic = () => this.time;
  sleep = async (ms: number) => {
    this.slept.push(ms);
    this.time += ms;
  };
}

const signal = new AbortController().signal;
const failing = (count: number) => {
  let calls = 0;
  return async () => {
    if (++calls <= count) throw new Error(`failure ${calls}`);
    return calls;
  };
};
const options = (clock: Clock, more: object = {}) => ({
  policy: DEFAULT_RETRY_POLICY,
  clock,
  random: random(1),
  signal,
  judge: (): RetryVerdict => ({}),
  ...more,
});

describe('the wait before another try', () => {
  it('doubles its upper end and stays under the cap', () => {
    const waits = [1, 2, 3, 10].map((attempt) => backoffDelayMs(attempt, { baseMs: 100, factor: 2, maxMs: 1000 }, random(1)));
    expect(waits).toEqual([100, 200, 400, 1000]);
  });

  it('lies anywhere between nothing and the upper end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, chance) => {
        const wait = backoffDelayMs(attempt, DEFAULT_RETRY_POLICY, random(chance));
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(DEFAULT_RETRY_POLICY.maxMs);
      }),
    );
  });
});

describe('retry', () => {
  it('returns the first success', async () => {
    const clock = new StillClock();
    expect(await retry(failing(2), options(clock))).toBe(3);
    expect(clock.slept).toEqual([500, 1000]);
  });

  it('throws the last error after its attempts', async () => {
    await expect(retry(failing(9), options(new StillClock()))).rejects.toThrow('failure 4');
  });

  it('throws at once what is final', async () => {
    await expect(retry(failing(9), options(new StillClock(), { judge: () => false }))).rejects.toThrow('failure 1');
  });

  it('begins no try that the time without progress would not allow', async () => {
    const clock = new StillClock();
    const policy = { ...DEFAULT_RETRY_POLICY, attempts: 100, budgetMs: 4000 };
    await expect(retry(failing(99), options(clock, { policy }))).rejects.toThrow('failure 4');
    expect(clock.time).toBe(3500);
  });

  it('starts counting again after progress', async () => {
    const clock = new StillClock();
    let calls = 0;
    const operation = async ({ attempt, progress }: { attempt: number; progress: () => void }) => {
      calls++;
      clock.time += 200_000;
      if (calls <= 20) {
        progress();
        throw new Error('cut');
      }
      return attempt;
    };
    expect(await retry(operation, options(clock))).toBe(1);
    expect(new Set(clock.slept)).toEqual(new Set([500]));
  });

  it('waits at least as long as the other side asks, but not for ever', async () => {
    const clock = new StillClock();
    await retry(failing(1), options(clock, { judge: () => ({ afterMs: 60_000 }) }));
    expect(clock.slept).toEqual([60_500]);
    await expect(retry(failing(1), options(clock, { judge: () => ({ afterMs: 60_001 }) }))).rejects.toThrow('failure 1');
  });

  it('tells of each wait', async () => {
    const told: unknown[] = [];
    await retry(failing(2), options(new StillClock(), { onRetry: (notice: unknown) => told.push(notice) }));
    expect(told).toMatchObject([
      { attempt: 1, delayMs: 500, error: { message: 'failure 1' } },
      { attempt: 2, delayMs: 1000 },
    ]);
  });
});
