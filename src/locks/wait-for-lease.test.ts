import { describe, expect, it } from 'vitest';
import type { LockHolder } from '../domain/events.ts';
import type { Clock, Random } from '../domain/world.ts';
import { type Waiting, type WaitOptions, waitForLease } from './wait-for-lease.ts';

/** A clock whose time passes only in sleep. */
class SteppedClock implements Clock {
  readonly sleeps: number[] = [];
  #now = 0;
  now = () => 1_700_000_000_000 + this.#now;
  monotonic = () => this.#now;
  sleep(ms: number): Promise<void> {
    this.sleeps.push(ms);
    this.#now += ms;
    return Promise.resolve();
  }
}

const constant = (value: number): Random => ({ next: () => value, uuid: () => 'u' });
const holder: LockHolder = { pid: 7, host: 'h', bootId: 'b', since: '2026-01-01T00:00:00.000Z', doing: 'gc' };

function refused(clock: Clock, options: WaitOptions, chance = 0) {
  const lock = { name: 'model x@1.0.0', path: 'model/x.lock' };
  return waitForLease({ lock, options, clock, random: constant(chance), attempt: () => Promise.resolve(undefined), holder: () => holder });
}

describe('the wait for a lock', () => {
  it('sleeps 5 ms first, doubles up to 250 ms, and ends on the bound', async () => {
    const clock = new SteppedClock();
    await expect(refused(clock, { timeoutMs: 1000 })).rejects.toMatchObject({ code: 'LOCK_TIMEOUT', details: { waited_ms: 1000 } });
    expect(clock.sleeps).toEqual([5, 10, 20, 40, 80, 160, 250, 250, 185]);
  });

  it('leaves up to half of each sleep to chance', async () => {
    const clock = new SteppedClock();
    await expect(refused(clock, { timeoutMs: 100 }, 0.999)).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
    expect(clock.sleeps[0]).toBeCloseTo(2.5, 1);
    expect(clock.sleeps[4]).toBeCloseTo(40, 0);
  });

  it('tells whom it waits for after one second and then every two', async () => {
    const told: Waiting[] = [];
    const clock = new SteppedClock();
    await expect(refused(clock, { timeoutMs: 8000, onWait: (waiting) => told.push(waiting) })).rejects.toThrow();
    const seconds = told.map(({ waitedMs }) => waitedMs / 1000);
    expect(seconds.length).toBe(4);
    seconds.forEach((second, index) => {
      expect(second).toBeGreaterThanOrEqual(1 + 2 * index);
      expect(second).toBeLessThan(1 + 2 * index + 0.25 * (index + 1));
    });
    expect(told[0]?.holder).toBe(holder);
  });

  it('names lock, holder and work in its error', async () => {
    await expect(refused(new SteppedClock(), { timeoutMs: 30_000 })).rejects.toThrow(
      'gave up on model x@1.0.0 after 30 s of waiting for pid 7 on h (gc), which has held it since 2026-01-01T00:00:00.000Z',
    );
  });
});
