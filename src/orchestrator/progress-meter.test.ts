import { expect, it } from 'vitest';
import type { EventBody } from '../domain/events.ts';
import { ProgressMeter } from './progress-meter.ts';

/** Looked at every second. */
function metered() {
  let nowMs = 0;
  const clock = { now: () => nowMs, monotonic: () => nowMs, sleep: () => Promise.resolve() };
  const events: EventBody[] = [];
  const meter = new ProgressMeter({ clock, emit: (event) => void events.push(event) });
  const pass = (): void => {
    nowMs += 1000;
  };
  return { meter, events, pass };
}

it('counts what is here already from the start, and not again when it is its turn', () => {
  const { meter } = metered();
  meter.expect(1000);
  meter.foresee(600);
  expect(meter.progress).toMatchObject({ doneBytes: 600, totalBytes: 1000 });
  meter.held(100);
  expect(meter.progress).toMatchObject({ doneBytes: 700, totalBytes: 1000 });
  meter.found(600);
  meter.held(300);
  expect(meter.progress).toMatchObject({ doneBytes: 1000, totalBytes: 1000 });
});

it('raises the total where what seemed to be here has to come anew', () => {
  const { meter } = metered();
  meter.expect(1000);
  meter.foresee(600);
  meter.held(1000);
  expect(meter.progress).toMatchObject({ doneBytes: 1600, totalBytes: 1600 });
});

it('tells of bytes on their way, which make the speed as they come, and not once more when they are held', () => {
  const { meter, events, pass } = metered();
  meter.expect(1000);
  pass();
  meter.coming(300);
  const rate = meter.progress.bytesPerSecond;
  expect(events).toEqual([{ type: 'ensure.progress', doneBytes: 0, comingBytes: 300, totalBytes: 1000, bytesPerSecond: rate }]);
  expect(rate).toBeGreaterThan(0);
  pass();
  meter.coming(-300);
  meter.held(300);
  expect(meter.progress.bytesPerSecond).toBeLessThan(rate);
  expect(events.at(-1)).not.toHaveProperty('comingBytes');
});
