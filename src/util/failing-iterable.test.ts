import { expect, it } from 'vitest';
import { failingIterable } from './failing-iterable.ts';

it('fails at its first step, not when it is made', async () => {
  const failure = new Error('nothing to list');
  const iterable = failingIterable<string>(failure);
  await expect(Array.fromAsync(iterable)).rejects.toBe(failure);
  await expect(Array.fromAsync(iterable), 'each time').rejects.toBe(failure);
});
