import { expect, it } from 'vitest';
import { nextPage } from './next-page.ts';
import { hubWaitMs } from './rate-limit.ts';

it('the wait is that of the budget where it is used up, else the one asked for', () => {
  expect(hubWaitMs({ ratelimit: '"api";r=0;t=55', 'retry-after': '3' }, 0)).toBe(56_000);
  expect(hubWaitMs({ ratelimit: '"api";r=7;t=55', 'retry-after': '3' }, 0)).toBe(3000);
  expect(hubWaitMs({ ratelimit: '"api";r=7;t=55' }, 0)).toBeUndefined();
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
