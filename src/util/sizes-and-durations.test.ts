import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBytes } from './format-bytes.ts';
import { formatDuration } from './format-duration.ts';
import { parseDuration } from './parse-duration.ts';
import { parseGpuSize, parseSize } from './parse-size.ts';

const GIB = 1024 ** 3;

describe('parseSize', () => {
  it.each([
    ['0', 0],
    ['1048576', 1_048_576],
    ['20M', 20 * 1024 ** 2],
    ['10GB', 10 * GIB],
    ['10 GiB', 10 * GIB],
    ['1.5g', 1.5 * GIB],
    [' 7 b ', 7],
    ['2TiB', 2 * 1024 ** 4],
  ])('reads %j', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', '-1', 'M', '1e3', '1,5G', '20 M B', '10GBps', '0x10', 'NaN', '9'.repeat(16), '99999999P', '1.', '１'])(
    'refuses %j',
    (text) => {
      expect(parseSize(text)).toBeUndefined();
    },
  );
});

describe('parseGpuSize', () => {
  it.each([
    ['24', 24 * GIB],
    ['24G', 24 * GIB],
    ['79.5', 79.5 * GIB],
    ['25769803776B', 24 * GIB],
    ['512M', GIB / 2],
  ])('reads %j', (text, bytes) => {
    expect(parseGpuSize(text)).toBe(bytes);
  });

  it.each(['', '0', '0G', '-24', 'large', '9'.repeat(16)])('refuses %j', (text) => {
    expect(parseGpuSize(text)).toBeUndefined();
  });
});

describe('parseDuration', () => {
  it.each([
    ['60', 60_000],
    ['0.5', 500],
    ['250ms', 250],
    ['90s', 90_000],
    ['5m', 300_000],
    ['5 min', 300_000],
    ['1h30m', 5_400_000],
    ['1h 30m', 5_400_000],
    ['7d', 604_800_000],
    ['2W', 1_209_600_000],
  ])('reads %j', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '-5s', 's', '1y', '1h30', 'h1', 'soon', '1e3s', '5 mins', 'Infinity', '999999999999w'])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [20 * 1024 ** 2, '20.0 MiB'],
    [1024 ** 2 - 1, '1.0 MiB'],
    [117.4 * GIB, '117 GiB'],
    [99.96 * GIB, '100 GiB'],
    [5000 * 1024 ** 5, '5000 PiB'],
    [-1536, '-1.5 KiB'],
  ])('shows %d as %s', (bytes, shown) => {
    expect(formatBytes(bytes)).toBe(shown);
  });

  it('reads back within the precision that it shows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 52 }), (bytes) => {
        const back = parseSize(formatBytes(bytes)) ?? Number.NaN;
        return Math.abs(back - bytes) <= bytes * 0.06;
      }),
    );
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [349.6, '350 ms'],
    [999.6, '1.0 s'],
    [4200, '4.2 s'],
    [9960, '10 s'],
    [59_400, '59 s'],
    [59_600, '1 min'],
    [200_000, '3 min 20 s'],
    [3_599_700, '1 h'],
    [3_900_000, '1 h 5 min'],
    [86_400_000, '1 d'],
    [183_600_000, '2 d 3 h'],
  ])('shows %d ms as %s', (ms, shown) => {
    expect(formatDuration(ms)).toBe(shown);
  });

  it('never shows a unit that is full', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e10, noNaN: true }), (ms) => !/\b(?:60 s|60 min|24 h|1000 ms)$/.test(formatDuration(ms))),
    );
  });
});
