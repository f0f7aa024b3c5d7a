import { expect, it } from 'vitest';
import { hrefOf, routeOf } from './route.ts';

it.each([
  ['', { view: 'models' }],
  ['#/queue', { view: 'queue' }],
  ['#/nowhere', { view: 'models' }],
  ['#/models/', { view: 'models' }],
  ['#/models/a%401.0.0', { view: 'models', id: 'a@1.0.0' }],
  ['#/models/%E0%A4%A', { view: 'models' }],
])('%s leads somewhere', (hash, route) => {
  expect(routeOf(hash)).toEqual(route);
});

it.each(['a@1.0.0', 'a/b#c%d@1.0.0@bf16@+x', '"><script>'])('the address of %s leads back to it', (id) => {
  expect(routeOf(hrefOf({ view: 'models', id }))).toEqual({ view: 'models', id });
});
