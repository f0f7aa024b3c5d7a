import { describe, expect, it } from 'vitest';
import { ConnectionGovernor } from './connection-governor.ts';

/** Runs the governor over a link whose goodput depends on the number of ranges. */
function climb(goodput: (ranges: number) => number, options: { readonly seconds: number; readonly max?: number }): number[] {
  const governor = new ConnectionGovernor({ maxRanges: options.max ?? 16 });
  const seen: number[] = [];
  let receivedBytes = 0;
  for (let ms = 0; ms < options.seconds * 1000; ms += 100) {
    const running = governor.target;
    receivedBytes += goodput(running) / 10;
    governor.observe({ ms, receivedBytes, running, wanted: true });
    seen.push(governor.target);
  }
  return seen;
}

describe('the connection governor', () => {
  it('climbs while each range brings its own', () => {
    expect(climb((ranges) => ranges * 10e6, { seconds: 30 }).at(-1)).toBe(16);
  });

  it('stays near one where one fills the link, and looks again seldom', () => {
    const seen = climb(() => 100e6, { seconds: 60 });
    expect(Math.max(...seen)).toBe(2);
    expect(seen.filter((target) => target === 1).length).toBeGreaterThan(seen.length * 0.8);
  });

  it('stops where more bring nothing', () => {
    const seen = climb((ranges) => Math.min(ranges, 5) * 10e6, { seconds: 40 });
    expect(seen.at(-1)).toBeGreaterThanOrEqual(4);
    expect(seen.at(-1)).toBeLessThanOrEqual(6);
  });

  it('halves when a source says it is too much', () => {
    const governor = new ConnectionGovernor({ maxRanges: 16 });
    governor.atLeast(8);
    governor.backOff(0);
    expect(governor.target).toBe(4);
  });
});
