import { expect, it } from 'vitest';
import { parseRateLimit, usedUpForMs, waitMsAfter } from './rate-limit.ts';

const NOW = Date.parse('Sun, 01 Nov 2026 10:00:00 GMT');
const date = new Date(NOW + 30_000).toUTCString();

it('a budget is read with what is left of it', () => {
  expect(parseRateLimit('"api";r=0;t=55')).toEqual({ bucket: 'api', remaining: 0, resetMs: 55_000 });
  expect(parseRateLimit('"resolvers"; r=12; t=3')).toEqual({ bucket: 'resolvers', remaining: 12, resetMs: 3000 });
  expect(parseRateLimit('"api";t=3;r=1;pk=:abc=:')).toEqual({ bucket: 'api', remaining: 1, resetMs: 3000 });
  expect(parseRateLimit('"burst";r=9;t=1, "day";r=0;t=90')).toEqual({ bucket: 'day', remaining: 0, resetMs: 90_000 });
  expect(parseRateLimit('"api";r=0;t=999999999')?.resetMs).toBe(3600_000);
  for (const nonsense of [undefined, '', 'r=0;t=5', '"api";t=5', '"api";r=x;t=5', '"api";r=-1;t=5'])
    expect(parseRateLimit(nonsense)).toBeUndefined();
});

it.each([
  ['what was asked for', { 'retry-after': '3', ratelimit: '"api";r=0;t=55' }, 3000],
  ['a budget that is used up', { ratelimit: '"api";r=0;t=55' }, 56_000],
  ['its window, where its end is not told', { ratelimit: '"api";r=0', 'ratelimit-policy': '"pages";q=1;w=9, "api";q=100;w=300' }, 301_000],
  ['nothing, where something is left', { ratelimit: '"api";r=7;t=55' }, undefined],
  ['nothing, where neither end nor window is told', { ratelimit: '"api";r=0' }, undefined],
  ['seconds from now', { 'x-ratelimit-reset': '20' }, 20_000],
  ['a moment, by the clock of the server', { 'x-ratelimit-reset': String(NOW / 1000 + 90), 'x-ratelimit-remaining': '0', date }, 60_000],
  ['a moment, by ours where it tells none', { 'x-ratelimit-reset': String(NOW / 1000 + 90) }, 90_000],
  ['a second after a moment that is over', { 'x-ratelimit-reset': String(NOW / 1000 - 90) }, 1000],
  ['nothing, where requests are left', { 'x-ratelimit-reset': '20', 'x-ratelimit-remaining': '4' }, undefined],
  ['nothing for nonsense', { 'x-ratelimit-reset': 'soon', ratelimit: 'none', 'retry-after': 'later' }, undefined],
])('the wait is %s', (_, headers, ms) => {
  expect(waitMsAfter(headers, NOW)).toBe(ms);
});

it('a budget may count more than what was asked for', () => {
  expect(usedUpForMs({ 'retry-after': '3', ratelimit: '"api";r=0;t=55' }, NOW)).toBe(56_000);
});
