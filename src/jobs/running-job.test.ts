import { expect, it } from 'vitest';
import { testStore } from '../../test/support/test-store.ts';
import { ModelError } from '../domain/errors.ts';
import type { JobRecord } from '../domain/jobs.ts';
import { JobRecords } from '../store/job-records.ts';
import { RunningJob } from './running-job.ts';

const JOB: JobRecord = {
  ...{ schema: 'wan.job/v1', id: '0123456789ab', seq: 1, request: { kind: 'verify', model: 'a@1.0.0' }, label: 'verify a@1.0.0' },
  ...{ state: 'running', priority: 0, origin: 'cli', correlation_id: 'c', created_at: '2026-03-01T12:00:00.000Z' },
  ...{ attempts: 1, failures: 0, done_bytes: 0, total_bytes: 0 },
};

it.each(['has begun to write', 'is about to write'])('that %s how far it is when it is cleared leaves nothing', async (when) => {
  const { context } = await testStore();
  const records = new JobRecords(context);
  const gate = Promise.withResolvers<undefined>();
  const running = new RunningJob(JOB, {
    open: () => Promise.reject(new ModelError('OFFLINE', 'nothing is to be done here')),
    ...{ sharedLimit: () => gate.promise, inFlightBytes: 1, records, clock: context.clock },
  });
  await running.outcome;
  const telling = running.tell();
  if (when === 'has begun to write') {
    gate.resolve(undefined);
    await gate.promise;
  }
  await running.clear();
  gate.resolve(undefined);
  await telling;
  expect(records.progressIds()).toEqual([]);
});
