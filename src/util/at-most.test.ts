import { expect, it } from 'vitest';
import { AtMost } from './at-most.ts';

it('runs so many calls at a time, in order, whatever becomes of them', async () => {
  const turns = new AtMost(2);
  const ends = Array.from({ length: 4 }, () => Promise.withResolvers<number>());
  const begun: number[] = [];
  const calls = ends.map(({ promise }, index) =>
    turns.run(() => {
      begun.push(index);
      return promise;
    }),
  );
  expect(begun).toEqual([0, 1]);
  ends[1]?.reject(new Error('bad'));
  await expect(calls[1]).rejects.toThrow('bad');
  expect(begun).toEqual([0, 1, 2]);
  let isIdle = false;
  const idle = turns.idle().then(() => {
    isIdle = true;
  });
  for (const { resolve } of ends.slice(0, 3)) resolve(0);
  await Promise.all([calls[0], calls[2]]);
  expect(isIdle).toBe(false);
  ends[3]?.resolve(3);
  await idle;
  expect(await Promise.all([calls[0], calls[2], calls[3]])).toEqual([0, 0, 3]);
  expect(await turns.run(async () => begun.length)).toBe(4);
});
