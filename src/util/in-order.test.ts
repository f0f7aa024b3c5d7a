import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { inOrder } from './in-order.ts';

it('gives results in order, with no more at once than allowed', async () => {
  let running = 0;
  let most = 0;
  const work = async (n: number) => {
    most = Math.max(most, ++running);
    await sleep(n % 2 === 0 ? 8 : 1);
    running--;
    return n;
  };
  const results: number[] = [];
  for await (const result of inOrder([0, 1, 2, 3, 4, 5, 6], 3, work)) results.push(result);
  expect(results).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(most).toBe(3);
});

it('ends with the first failure in order, once nothing runs any more', async () => {
  let running = 0;
  const work = async (n: number) => {
    running++;
    await sleep(5);
    running--;
    if (n > 0) throw new Error(`no ${n}`);
    return n;
  };
  const results: number[] = [];
  const all = (async () => {
    for await (const result of inOrder([0, 1, 2, 3], 2, work)) results.push(result);
  })();
  await expect(all).rejects.toThrow('no 1');
  expect(results).toEqual([0]);
  expect(running).toBe(0);
});
