import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { EventBody, ModelEvent } from '../domain/events.ts';
import { createRecorder } from './recorder.ts';

const FINISHED: ModelEvent = {
  time: '2026-01-02T03:04:05.678Z',
  seq: 1,
  correlationId: 'c',
  type: 'act.finished',
  act: 'pin',
  facts: {},
};

it('ends no call, and no process, where what puts it on record cannot be loaded: it is said once', async () => {
  const warnings: EventBody[] = [];
  const recorder = createRecorder(() => Promise.reject(new Error('the file logbook.js is gone')));
  const record = recorder.begin(undefined, (warning) => warnings.push(warning));
  record.sink(FINISHED);
  // Written at once, with nobody who waits for it.
  record.sink({
    ...FINISHED,
    ...{ type: 'gc.finished', trigger: 'manual', removed: 0, trashed: 0, kept: 0, reclaimedBytes: 0, trashBytes: 0, durationMs: 1 },
  });
  await setImmediate();
  await record.settle();
  expect(warnings).toEqual([{ type: 'warning', code: 'not_on_record', message: expect.stringContaining('the file logbook.js is gone') }]);
});
