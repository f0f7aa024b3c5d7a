import { setInterval } from 'node:timers';
import { expect, it } from 'vitest';
import { breather } from './breather.ts';

it('lets a timer of the same process come in time while long work goes on', async () => {
  const breathe = breather(5);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const giveUp = performance.now() + 10_000;
  while (ticks === 0 && performance.now() < giveUp) {
    const pause = breathe();
    if (pause !== undefined) await pause;
  }
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(0);
});

it('asks for nothing from work that is short', () => {
  expect(breather(1000)()).toBeUndefined();
});
