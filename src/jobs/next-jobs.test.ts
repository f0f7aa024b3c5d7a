import { describe, expect, it } from 'vitest';
import type { JobRecord } from '../domain/jobs.ts';
import { nextJobs } from './next-jobs.ts';

const job = (seq: number, more: Partial<JobRecord> = {}): JobRecord => ({
  schema: 'wan.job/v1',
  id: String(seq).padStart(12, '0'),
  seq,
  request: { kind: 'gc' },
  label: 'gc',
  state: 'queued',
  priority: 0,
  origin: 'cli',
  correlation_id: 'c',
  // Set back: younger jobs may look older.
  created_at: new Date(1_800_000_000_000 - seq * 1000).toISOString(),
  attempts: 0,
  failures: 0,
  done_bytes: 0,
  total_bytes: 0,
  ...more,
});

const nowMs = 1_800_000_000_000;
const at = (ms: number): string => new Date(nowMs + ms).toISOString();
const chosen = (jobs: readonly JobRecord[], running = 0): readonly number[] =>
  nextJobs(jobs, { limit: 3, running, nowMs, maxDelayMs: 60_000 }).map(({ seq }) => seq);

describe('the next jobs', () => {
  it('are those with the highest priority, of these the oldest by their number, whatever the clock said', () => {
    expect(chosen([job(4), job(2), job(3, { priority: 10 }), job(1, { priority: -10 })])).toEqual([3, 2, 4]);
  });

  it('fill the places that are free', () => {
    expect(chosen([job(1), job(2)], 2)).toEqual([1]);
    expect(chosen([job(1)], 3)).toEqual([]);
    expect(chosen([job(1)], 5)).toEqual([]);
  });

  it('are one alone, where that may be what kills its process, when its turn comes and nothing else runs', () => {
    const suspect = (seq: number, more: Partial<JobRecord> = {}) => job(seq, { deaths: 2, ...more });
    expect(chosen([job(1), suspect(2), job(3)])).toEqual([1]);
    expect(chosen([suspect(2), job(3)], 1)).toEqual([]);
    expect(chosen([suspect(2), job(3)])).toEqual([2]);
    expect(chosen([suspect(2, { state: 'running' }), job(3)], 1)).toEqual([]);
    expect(chosen([job(2, { deaths: 1 }), job(3)])).toEqual([2, 3]);
  });

  it('are none that are not queued, nor such as wait before a new try', () => {
    expect(
      chosen([job(1, { state: 'paused' }), job(2, { state: 'running' }), job(3, { retry_at: at(1) }), job(4, { retry_at: at(0) })]),
    ).toEqual([4]);
  });

  it('do not wait for a clock that was set back', () => {
    expect(chosen([job(1, { retry_at: at(60_000) }), job(2, { retry_at: at(3_600_000) })])).toEqual([2]);
  });
});
