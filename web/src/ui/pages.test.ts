import { expect, it } from 'vitest';
import { pageView } from './pages.ts';

const ITEMS = Array.from({ length: 25 }, (_, index) => index);

it.each([
  [0, { page: 0, from: 1, to: 10 }],
  [2, { page: 2, from: 21, to: 25 }],
  [9, { page: 2, from: 21, to: 25 }],
  [-1, { page: 0, from: 1, to: 10 }],
])('page %s of three is one that there is', (wanted, shown) => {
  const { items, ...rest } = pageView(ITEMS, wanted, 10);
  expect(rest).toEqual({ ...shown, pageCount: 3 });
  expect(items).toEqual(ITEMS.slice(shown.from - 1, shown.to));
});

it('of nothing there is one page, with nothing on it', () => {
  expect(pageView([], 3, 10)).toEqual({ items: [], page: 0, pageCount: 1, from: 0, to: 0 });
});
