import { expect, it } from 'vitest';
import { parseRetryAfterMs } from './retry-after.ts';

const nowMs = Date.parse('Sun, 01 Nov 2026 10:00:00 GMT');

it.each([
  ['0', 0],
  ['120', 120_000],
  ['1.5', 1500],
  [' 7 ', 7000],
  ['Sun, 01 Nov 2026 10:00:30 GMT', 30_000],
  ['Sun, 01 Nov 2026 09:00:00 GMT', 0],
  ['99999999999999999999', 86_400_000],
  ['Fri, 31 Dec 9999 23:59:59 GMT', 86_400_000],
])('Retry-After: %s is a wait of %i ms', (text, ms) => {
  expect(parseRetryAfterMs(text, nowMs)).toBe(ms);
});

it.each([undefined, '', '-5', 'soon', '1e9', '0x10', 'Infinity', 'Someday, at noon GMT'])('Retry-After: %s is nothing', (text) => {
  expect(parseRetryAfterMs(text, nowMs)).toBeUndefined();
});
