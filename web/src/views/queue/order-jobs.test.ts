import { expect, it } from 'vitest';
import type { Job } from '../../api/wire.ts';
import { chooseJobs, orderJobs, SHOWN } from './order-jobs.ts';

const job = (label: string, state: Job['state'], rest: Partial<Job> = {}): Job => ({ label, state, priority: 0, seq: 1, ...rest }) as Job;

const JOBS = [
  job('ended before', 'succeeded', { finished_at: '2026-11-28T01:00:00.000Z' }),
  job('ended last', 'failed', { finished_at: '2026-11-28T02:00:00.000Z' }),
  job('held', 'paused'),
  job('second', 'queued', { seq: 2 }),
  job('urgent', 'queued', { seq: 3, priority: 10 }),
  job('first', 'queued'),
  job('now', 'running', { seq: 9 }),
];

it('has what runs first, and what ended last before what ended earlier', () => {
  expect(orderJobs(JOBS).map(({ label }) => label)).toEqual(['now', 'urgent', 'first', 'second', 'held', 'ended last', 'ended before']);
});

it('leaves out what is not asked for', () => {
  expect(SHOWN.map((shown) => chooseJobs(JOBS, shown).length)).toEqual([7, 5, 1, 2]);
});
