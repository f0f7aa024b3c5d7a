import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Count } from '../../domain/metrics.ts';
import { Counts } from './counts.ts';

const count = fc.record({
  metric: fc.constantFrom('model_errors_total', 'lock_timeouts_total'),
  labels: fc.constantFrom(['a', ''], ['a', 'b'], ['other', 'other']),
  values: fc.array(fc.nat(1000), { minLength: 1, maxLength: 3 }),
});

it('the sum is the same in whatever parts and order it is added up', () => {
  fc.assert(
    fc.property(fc.array(count), fc.nat(), (counts: Count[], at) => {
      const cut = counts.length === 0 ? 0 : at % counts.length;
      const [first, second] = [new Counts().add(counts.slice(0, cut)).all(), new Counts().add(counts.slice(cut)).all()];
      const whole = new Counts().add(counts).all();
      expect(new Counts().add(second).add(first).all()).toEqual(whole);
      const sum = (all: readonly Count[]) => all.flatMap(({ values }) => values).reduce((total, value) => total + value, 0);
      expect(sum(whole)).toBe(sum(counts));
    }),
  );
});

it('lines of one metric are bounded; what comes after is counted together, and nothing is lost', () => {
  const counts = new Counts();
  for (let index = 0; index < 5000; index++) counts.add([{ metric: 'lock_timeouts_total', labels: [`m${index}@1.0.0`], values: [1] }]);
  counts.add([{ metric: 'lock_timeouts_total', labels: ['m0@1.0.0'], values: [1] }]);
  const all = counts.all();
  expect(all).toHaveLength(2001);
  expect(all.find(({ labels }) => labels[0] === 'other')?.values).toEqual([3000]);
  expect(all.find(({ labels }) => labels[0] === 'm0@1.0.0')?.values).toEqual([2]);
});
