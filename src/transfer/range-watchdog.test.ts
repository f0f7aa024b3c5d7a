import { describe, expect, it } from 'vitest';
import { RangeWatchdog, type Verdict } from './range-watchdog.ts';

function watch(
  rateAt: (ms: number) => number,
  options: { readonly seconds: number; readonly stepMs?: number; readonly paused?: boolean },
): Verdict[] {
  const { seconds, stepMs = 100, paused = false } = options;
  const dog = new RangeWatchdog({ stallTimeoutMs: 2000 }, { ms: 0, receivedBytes: 0, pausedMs: 0 });
  const verdicts: Verdict[] = [];
  let receivedBytes = 0;
  for (let ms = stepMs; ms <= seconds * 1000; ms += stepMs) {
    receivedBytes += (rateAt(ms) * stepMs) / 1000;
    verdicts.push(dog.check({ ms, receivedBytes, pausedMs: paused ? ms : 0 }));
  }
  return verdicts;
}

describe('the watchdog', () => {
  it('calls silence a stall, after its time', () => {
    const verdicts = watch((ms) => (ms < 1000 ? 1e6 : 0), { seconds: 4 });
    expect(verdicts.indexOf('stalled')).toBe(28);
  });

  it('lets a slow but steady range be', () => {
    expect(new Set(watch(() => 2000, { seconds: 30 }))).toEqual(new Set(['moving']));
  });

  it('finds a drip, and a range that has lost nearly all its speed', () => {
    expect(watch(() => 20, { seconds: 5 })).toContain('slow');
    expect(watch((ms) => (ms < 20_000 ? 10e6 : 50_000), { seconds: 30 })).toContain('slow');
  });

  it('does not count waiting for our own limit', () => {
    expect(new Set(watch(() => 0, { seconds: 30, paused: true }))).toEqual(new Set(['moving']));
  });

  it('does not take a sleep of the machine for one of the source', () => {
    expect(watch(() => 0, { seconds: 3600, stepMs: 3_600_000 })).toEqual(['moving']);
  });
});
