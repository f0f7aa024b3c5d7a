import { describe, expect, it } from 'vitest';
import { ModelError } from '../domain/errors.ts';
import { JOB_ACTIONS, JOB_STATES, type JobRecord, type JobState, MAX_DEATHS } from '../domain/jobs.ts';
import { afterAction, begun, died, ended, longestDelayMs } from './transitions.ts';

const NOW = '2026-03-01T12:00:00.000Z';
const nowMs = Date.parse(NOW);
const policy = { attempts: 3, delayMs: 30_000 };

const job = (state: JobState, more: Partial<JobRecord> = {}): JobRecord => ({
  schema: 'wan.job/v1',
  id: '0123456789ab',
  seq: 1,
  request: { kind: 'ensure', model: 'a@1.0.0' },
  label: 'ensure a@1.0.0',
  state,
  priority: 0,
  origin: 'cli',
  correlation_id: 'c',
  created_at: NOW,
  attempts: 1,
  failures: 0,
  done_bytes: 5,
  total_bytes: 10,
  ...more,
});

const finished = { finished_at: NOW } as const;
const asked = (from: JobRecord, action: (typeof JOB_ACTIONS)[number], hasRunner = true): JobRecord | string => {
  try {
    return afterAction(from, action, { now: NOW, hasRunner });
  } catch (error) {
    return error instanceof ModelError ? (error.reason ?? '') : String(error);
  }
};

describe('what is asked of a job', () => {
  const outcomes = JOB_STATES.map((state) => [
    state,
    Object.fromEntries(
      JOB_ACTIONS.map((action) => {
        const next = asked(job(state, ['succeeded', 'failed', 'cancelled'].includes(state) ? finished : {}), action);
        return [action, typeof next === 'string' ? next : (next.wanted ?? next.state)];
      }),
    ),
  ]);

  it('leads from each state where it says, or is refused', () => {
    expect(Object.fromEntries(outcomes)).toEqual({
      queued: { pause: 'paused', resume: 'queued', cancel: 'cancelled', retry: 'job_state' },
      running: { pause: 'pause', resume: 'running', cancel: 'cancel', retry: 'job_state' },
      paused: { pause: 'paused', resume: 'queued', cancel: 'cancelled', retry: 'job_state' },
      succeeded: { pause: 'job_state', resume: 'job_state', cancel: 'job_state', retry: 'job_state' },
      failed: { pause: 'job_state', resume: 'job_state', cancel: 'job_state', retry: 'queued' },
      cancelled: { pause: 'job_state', resume: 'job_state', cancel: 'cancelled', retry: 'queued' },
    });
  });

  it('takes effect at once on a job whose runner was killed', () => {
    expect(asked(job('running'), 'pause', false)).toMatchObject({ state: 'paused' });
    expect(asked(job('running'), 'cancel', false)).toMatchObject({ state: 'cancelled', finished_at: NOW });
  });

  it('takes a pause back that has not happened yet', () => {
    expect(asked(job('running', { wanted: 'pause' }), 'resume')).toEqual(job('running'));
  });

  it('ends the wait before a new try', () => {
    const waiting = job('queued', { retry_at: NOW, failures: 2 });
    expect(asked(waiting, 'retry')).toEqual(job('queued', { failures: 0 }));
    expect(asked(waiting, 'pause')).toEqual(job('paused', { failures: 2 }));
  });
});

describe('a job that has ended', () => {
  const failure = new ModelError('SOURCE_UNAVAILABLE', 'down').toJSON();
  const final = new ModelError('CHECKSUM_FAIL', 'wrong').toJSON();
  const now = { nowMs, policy };

  it('is what was wanted of it where it was stopped, else waits for its turn again', () => {
    expect(ended(job('running', { wanted: 'pause' }), { kind: 'stopped' }, now)).toEqual(job('paused'));
    expect(ended(job('running', { wanted: 'cancel' }), { kind: 'stopped' }, now)).toEqual(job('cancelled', finished));
    expect(ended(job('running'), { kind: 'stopped' }, now)).toEqual(job('queued'));
  });

  it('has succeeded even where somebody asked it to stop meanwhile', () => {
    const result = { path: '/a' };
    expect(ended(job('running', { wanted: 'cancel', error: failure }), { kind: 'succeeded', result }, now)).toEqual(
      job('succeeded', { ...finished, result, done_bytes: 10 }),
    );
  });

  it('is tried again, later each time, where its failure may pass, and not more often than that', () => {
    const failed = (before: JobRecord) => ended(begun(before, NOW), { kind: 'failed', error: failure }, now);
    const first = failed(job('queued'));
    expect(first).toMatchObject({ state: 'queued', failures: 1, retry_at: '2026-03-01T12:00:30.000Z', error: failure });
    const second = failed(first);
    expect(second).toMatchObject({ state: 'queued', failures: 2, retry_at: '2026-03-01T12:01:00.000Z' });
    expect(failed(second)).toMatchObject({ state: 'failed', failures: 3, finished_at: NOW, attempts: 4 });
    expect(failed(second)).not.toHaveProperty('retry_at');
    expect(longestDelayMs(policy)).toBe(60_000);
  });

  it('is not tried again where it would fail the same way, or somebody wanted it to stop', () => {
    expect(ended(job('running'), { kind: 'failed', error: final }, now)).toMatchObject({ state: 'failed', error: final });
    expect(ended(job('running', { wanted: 'cancel' }), { kind: 'failed', error: failure }, now)).toMatchObject({ state: 'cancelled' });
    expect(ended(job('running', { wanted: 'pause' }), { kind: 'failed', error: failure }, now)).toMatchObject({ state: 'paused' });
  });
});

describe('a job whose process died', () => {
  const dead = (more: Partial<JobRecord>, hasMoved = false) => died(job('running', { attempts: 3, ...more }), { hasMoved, now: NOW });

  it('is queued again, and its deaths are counted as long as it comes no further', () => {
    expect(dead({})).toMatchObject({ state: 'queued', deaths: 1 });
    expect(dead({ deaths: 4 })).toMatchObject({ state: 'queued', deaths: 5 });
    expect(dead({ deaths: 4 }, true)).not.toHaveProperty('deaths');
  });

  it('fails after many of them, which a new try forgets', () => {
    const failed = dead({ deaths: MAX_DEATHS - 1 });
    expect(failed).toMatchObject({ state: 'failed', finished_at: NOW, error: { reason: 'job_deaths', retryable: false } });
    expect(afterAction(failed, 'retry', { now: NOW, hasRunner: true })).not.toHaveProperty('deaths');
    expect(dead({ deaths: MAX_DEATHS - 1 }, true)).toMatchObject({ state: 'queued' });
  });

  it('is what was wanted of it, however often it died', () => {
    expect(dead({ deaths: MAX_DEATHS - 1, wanted: 'cancel' })).toMatchObject({ state: 'cancelled' });
    expect(dead({ deaths: MAX_DEATHS - 1, wanted: 'pause' })).toMatchObject({ state: 'paused' });
  });

  it('that then ends by itself has died no more', () => {
    const end = ended(job('running', { deaths: 3 }), { kind: 'succeeded', result: {} }, { nowMs, policy });
    expect(end).not.toHaveProperty('deaths');
  });
});
