import { expect, it } from 'vitest';
import { testStore } from '../../test/support/test-store.ts';
import type { JobRecord } from '../domain/jobs.ts';
import { checkInvariants } from '../store/check-invariants.ts';
import { forgotten, KEPT_JOBS } from './forgotten.ts';
import { JobQueue } from './job-queue.ts';

const job = (seq: number, more: Partial<JobRecord> = {}): JobRecord => ({
  schema: 'wan.job/v1',
  id: seq.toString(16).padStart(12, '0'),
  seq,
  request: { kind: 'gc' },
  label: 'gc',
  state: 'succeeded',
  priority: 0,
  origin: 'cli',
  correlation_id: 'c',
  created_at: '2026-03-01T12:00:00.000Z',
  finished_at: new Date(1_800_000_000_000 + seq * 1000).toISOString(),
  attempts: 1,
  failures: 0,
  done_bytes: 0,
  total_bytes: 0,
  ...more,
});

it('of jobs that have ended those are kept that ended last, and all that have not', () => {
  const { finished_at: _, ...waiting } = job(1, { state: 'queued' });
  const late = job(2, { finished_at: new Date(1_900_000_000_000).toISOString() });
  const jobs = [waiting, late, ...Array.from({ length: 5 }, (__, index) => job(3 + index))];
  expect(forgotten({ jobs }, 3)).toEqual([job(5).id, job(4).id, job(3).id]);
  expect(forgotten({ jobs }, 6)).toEqual([]);
});

it('nothing is left of those that are forgotten, and the others are found as before', async () => {
  const { context } = await testStore();
  const queue = new JobQueue(context);
  const count = KEPT_JOBS + 7;
  for (let seq = 1; seq <= count; seq++) await queue.records.write(job(seq));
  await queue.forget(forgotten);
  expect(queue.list().jobs.map(({ seq }) => seq)).toEqual(Array.from({ length: KEPT_JOBS }, (_, index) => index + 8));
  const { job: next } = await queue.submit({ request: { kind: 'scrub' }, label: 'scrub' }, { origin: 'cli', correlationId: 'c' });
  expect(next.seq).toBe(count + 1);
  expect(await checkInvariants(context)).toEqual([]);
});
