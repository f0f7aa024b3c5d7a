import { describe, expect, it } from 'vitest';
import { ConnectionGovernor } from './connection-governor.ts';

interface Link {
  readonly bytesPerSecondEach: number;
  readonly bytesPerSecondInAll?: number;
  readonly roundTripMs?: number;
  readonly max?: number;
  readonly seconds: number;
  /** Factor of each sample's bytes. */
  readonly noise?: (ms: number) => number;
}

const TICK_MS = 100;

/** Runs the governor over a simulated link: a range flows two round trips after it began, and ends when it is not wanted any more. */
function drive(link: Link): { readonly targets: number[]; readonly share: number } {
  const { bytesPerSecondEach, bytesPerSecondInAll = Number.POSITIVE_INFINITY, roundTripMs = 0, noise = () => 1 } = link;
  const max = link.max ?? 16;
  const governor = new ConnectionGovernor({ maxRanges: max });
  const beganMs: number[] = [];
  const targets: number[] = [];
  let receivedBytes = 0;
  for (let ms = 0; ms < link.seconds * 1000; ms += TICK_MS) {
    while (beganMs.length < governor.target) beganMs.push(ms);
    beganMs.length = governor.target;
    const flowing = beganMs.filter((began) => ms - began >= 2 * roundTripMs).length;
    receivedBytes += (Math.min(flowing * bytesPerSecondEach, bytesPerSecondInAll) * noise(ms) * TICK_MS) / 1000;
    const firstByteMs = flowing === 0 ? undefined : 2 * roundTripMs;
    governor.observe({ ms: ms + TICK_MS, receivedBytes, running: beganMs.length, flowing, firstByteMs, wanted: true });
    targets.push(governor.target);
  }
  const best = Math.min(bytesPerSecondEach * max, bytesPerSecondInAll) * link.seconds;
  return { targets, share: receivedBytes / best };
}

const secondsUntil = (targets: readonly number[], target: number): number => (targets.indexOf(target) * TICK_MS) / 1000;

describe('the connection governor', () => {
  it('has 16 ranges within a second where each brings its own and answers take 200 ms', () => {
    const { targets, share } = drive({ bytesPerSecondEach: 5e6, roundTripMs: 100, seconds: 15 });
    expect(secondsUntil(targets, 16)).toBeLessThanOrEqual(0.8);
    expect(secondsUntil(targets, 16)).toBeGreaterThan(0);
    expect(targets.at(-1)).toBe(16);
    expect(share).toBeGreaterThan(0.92);
  });

  it.each([10, 50, 100, 250, 500])('uses nearly all of a link with %i ms there and back', (roundTripMs) => {
    expect(drive({ bytesPerSecondEach: 10e6, roundTripMs, seconds: 60 }).share).toBeGreaterThan(0.93);
  });

  it('stays near one where one fills the link, and looks again seldom', () => {
    const { targets } = drive({ bytesPerSecondEach: 100e6, bytesPerSecondInAll: 100e6, seconds: 60 });
    expect(Math.max(...targets)).toBe(2);
    expect(targets.filter((target) => target === 1).length).toBeGreaterThan(targets.length * 0.8);
  });

  it('is not led up by a rate that goes up and down by a tenth', () => {
    const noise = (ms: number) => 1 + 0.1 * Math.sin(ms / 170);
    const { targets } = drive({ bytesPerSecondEach: 900e6, bytesPerSecondInAll: 900e6, seconds: 60, noise });
    expect(Math.max(...targets)).toBe(2);
  });

  it('comes down from too many to as many as the link needs', () => {
    const { targets, share } = drive({ bytesPerSecondEach: 10e6, bytesPerSecondInAll: 50e6, roundTripMs: 40, seconds: 60 });
    const settled = targets.slice(50);
    expect(Math.min(...settled)).toBeGreaterThanOrEqual(5);
    expect(targets.at(-1)).toBeLessThanOrEqual(8);
    expect(share).toBeGreaterThan(0.95);
  });

  it('comes back to four at a far source that one connection empties', () => {
    const { targets } = drive({ bytesPerSecondEach: 20e6, bytesPerSecondInAll: 20e6, roundTripMs: 50, seconds: 60 });
    expect(targets.filter((target) => target <= 4).length).toBeGreaterThan(targets.length * 0.8);
  });

  it('is not taken in by one late answer of a near source', () => {
    const governor = new ConnectionGovernor({ maxRanges: 16 });
    const sample = { receivedBytes: 0, wanted: true };
    governor.observe({ ...sample, ms: 50, running: 1, flowing: 1, firstByteMs: 45 });
    expect([governor.target, governor.expected]).toEqual([4, 16]);
    governor.observe({ ...sample, ms: 60, running: 4, flowing: 4, firstByteMs: 2 });
    expect([governor.target, governor.expected]).toEqual([4, 4]);
  });

  it('does not wait for ever for a range that is not answered', () => {
    const governor = new ConnectionGovernor({ maxRanges: 16 });
    for (let ms = 0; ms <= 5000; ms += TICK_MS)
      governor.observe({ ms, receivedBytes: ms * 1000, running: governor.target, flowing: 0, firstByteMs: 1, wanted: true });
    expect(governor.target).toBeGreaterThan(1);
  });

  it('does not count what nobody has a use for', () => {
    const governor = new ConnectionGovernor({ maxRanges: 16 });
    for (let ms = 0; ms <= 20_000; ms += TICK_MS)
      governor.observe({ ms, receivedBytes: ms * 1000, running: 1, flowing: 1, firstByteMs: 1, wanted: false });
    expect(governor.target).toBe(1);
  });

  it('halves when a source says it is too much', () => {
    const governor = new ConnectionGovernor({ maxRanges: 16 });
    governor.atLeast(8);
    governor.backOff(0);
    expect(governor.target).toBe(4);
  });
});
