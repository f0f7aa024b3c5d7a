import { expect, it } from 'vitest';
import { nextPage } from './next-page.ts';
import { parseRateLimit, waitMsAfter } from './rate-limit.ts';

it('a budget is read with what is left of it', () => {
  expect(parseRateLimit('"api";r=0;t=55')).toEqual({ bucket: 'api', remaining: 0, resetMs: 55_000 });
  expect(parseRateLimit('"resolvers"; r=12; t=3')).toEqual({ bucket: 'resolvers', remaining: 12, resetMs: 3000 });
  expect(parseRateLimit('"api";r=0;t=999999999')?.resetMs).toBe(3600_000);
  for (const nonsense of [undefined, '', 'r=0;t=5', '"api";t=5', '"api";r=x;t=5']) expect(parseRateLimit(nonsense)).toBeUndefined();
});

it('the wait is that of the budget where it is used up, else the one asked for', () => {
  expect(waitMsAfter({ ratelimit: '"api";r=0;t=55', 'retry-after': '3' }, 0)).toBe(56_000);
  expect(waitMsAfter({ ratelimit: '"api";r=7;t=55', 'retry-after': '3' }, 0)).toBe(3000);
  expect(waitMsAfter({ ratelimit: '"api";r=7;t=55' }, 0)).toBeUndefined();
});

it.each([
  ['<https://a/x?cursor=1,2>; rel="next"', 'https://a/x?cursor=1,2'],
  ['<https://a/p>; rel="prev", <https://a/n>; title="x"; rel=next', 'https://a/n'],
  ['<https://a/n>; rel="last next"', 'https://a/n'],
  ['<https://a/n>; rel="nextish"', undefined],
  ['<https://a/n>; rel="xet-auth"', undefined],
  ['nonsense', undefined],
  [undefined, undefined],
])('the next page of %s', (header, url) => {
  expect(nextPage(header)).toBe(url);
});
