import { describe, expect, it } from 'vitest';
import type { Model } from '../../api/wire.ts';
import { chooseModels, countsOf, EVERYTHING, orderModels } from './choose-models.ts';

const model = (id: string, rest: Partial<Model> = {}): Model =>
  ({
    id,
    state: 'COMPLETE',
    family: 'wan22',
    type: 'other',
    description: '',
    tags: [],
    custom: false,
    size_bytes: 1,
    verified_at: null,
    ...rest,
  }) as Model;

const A = model('a@1.0.0', { state: 'CORRUPT', size_bytes: 30, description: 'Text to Video' });
const B = model('b@1.0.0', { state: 'NOT_PRESENT', status: 'downloading', size_bytes: 20, family: 'flux', type: 'text-to-image' });
const C = model('c@1.0.0', { tags: ['prod'], custom: true, size_bytes: 10, verified_at: '2026-11-28T00:00:00.000Z' });
const ALL = [C, A, B];
const ids = (models: readonly Model[]) => models.map(({ id }) => id[0]).join('');

describe('what is chosen', () => {
  it.each([
    [{}, 'cab'],
    [{ search: 'VIDEO text' }, 'a'],
    [{ search: 'image' }, 'b'],
    [{ search: 'prod' }, 'c'],
    [{ search: 'nothing of the kind' }, ''],
    [{ state: 'CORRUPT' }, 'a'],
    [{ state: 'DOWNLOADING' }, 'b'],
    [{ state: 'NOT_PRESENT' }, ''],
    [{ onlyCustom: true }, 'c'],
    [{ family: 'flux' }, 'b'],
    [{ type: 'other' }, 'ca'],
    [{ onlyPinned: true }, 'c'],
    [{ state: 'COMPLETE', family: 'flux' }, ''],
  ])('by %o', (choice, found) => {
    expect(ids(chooseModels(ALL, { ...EVERYTHING, ...choice }, new Set(['c@1.0.0'])))).toBe(found);
  });
});

describe('the order', () => {
  it.each([
    ['state', 'abc'],
    ['id', 'abc'],
    ['size', 'cba'],
    ['verified', 'abc'],
    ['family', 'bac'],
  ] as const)('by %s, and the other way round', (by, order) => {
    expect(ids(orderModels(ALL, { by, isDescending: false }))).toBe(order);
    expect(ids(orderModels(ALL, { by, isDescending: true }))).toBe([...order].reverse().join(''));
  });
});

it('of names numbers count as numbers', () => {
  const numbered = ['m10@1', 'm2@1', 'm2@1.10', 'm2@1.9'].map((id) => model(id));
  expect(orderModels(numbered, { by: 'id', isDescending: false }).map(({ id }) => id)).toEqual(['m2@1', 'm2@1.9', 'm2@1.10', 'm10@1']);
});

it('counts tell how many there are of each', () => {
  expect(countsOf(ALL, ({ family }) => family)).toEqual([
    ['wan22', 2],
    ['flux', 1],
  ]);
});
