import { describe, expect, it } from 'vitest';
import type { EventBody, ModelEvent } from '../domain/events.ts';
import type { JobRecord } from '../domain/jobs.ts';
import { explainJob } from './explain.ts';
import { JobMeter } from './job-meter.ts';

const JOB: JobRecord = {
  schema: 'wan.job/v1',
  id: '0123456789ab',
  seq: 1,
  request: { kind: 'ensure', model: 'a@1.0.0' },
  label: 'ensure a@1.0.0',
  state: 'running',
  priority: 0,
  origin: 'cli',
  correlation_id: 'c',
  created_at: '2026-03-01T12:00:00.000Z',
  attempts: 1,
  failures: 0,
  done_bytes: 0,
  total_bytes: 0,
};

/** A meter whose time passes only when it is told to; looked at every half second, as a runner does. */
function metered(job = JOB) {
  let nowMs = 1_800_000_000_000;
  let limit: number | undefined;
  const clock = { now: () => nowMs, monotonic: () => nowMs, sleep: () => Promise.resolve() };
  const meter = new JobMeter({ job, clock, limit: () => limit, inFlightBytes: 50_000 });
  const take = (body: EventBody): void => {
    meter.take({ time: new Date(nowMs).toISOString(), seq: 1, correlationId: 'c', model: 'a@1.0.0', ...body } as ModelEvent);
  };
  const pass = (ms: number): void => {
    for (let left = ms; left > 0; left -= 500) {
      nowMs += Math.min(500, left);
      meter.look();
    }
  };
  /** Bytes that come evenly. */
  const move = (from: number, to: number, ms: number): void => {
    const steps = Math.ceil(ms / 50);
    for (let step = 1; step <= steps; step++) {
      pass(ms / steps);
      take({ type: 'ensure.progress', doneBytes: from + ((to - from) * step) / steps, totalBytes: 1_000_000, bytesPerSecond: 0 });
    }
  };
  const begin = (heldBytes = 0): void => {
    take({ type: 'ensure.started', fileCount: 1, totalBytes: 1_000_000 });
    take({ type: 'ensure.planned', totalBytes: 1_000_000, heldBytes, fetchBytes: 1_000_000 - heldBytes });
    take({ type: 'ensure.phase', phase: 'transferring' });
  };
  return { meter, take, pass, move, begin, limitTo: (bytesPerSecond: number | undefined) => (limit = bytesPerSecond) };
}

describe('the meter of a job', () => {
  it('never goes down, also where a new attempt holds less than was told before', () => {
    const { meter, begin, move } = metered({ ...JOB, done_bytes: 600_000, total_bytes: 1_000_000 });
    begin(400_000);
    expect(meter.look()).toMatchObject({ done_bytes: 600_000, total_bytes: 1_000_000 });
    move(400_000, 700_000, 1000);
    expect(meter.look()).toMatchObject({ done_bytes: 700_000, total_bytes: 1_000_000, phase: 'transferring' });
  });

  it('counts what is on its way of pieces that are not whole, for the speed, too', () => {
    const { meter, take, pass, begin } = metered();
    begin();
    for (let coming = 20_000; coming <= 200_000; coming += 20_000) {
      pass(500);
      take({ type: 'ensure.progress', doneBytes: 0, comingBytes: coming, totalBytes: 1_000_000, bytesPerSecond: 0 });
    }
    expect(meter.look()).toMatchObject({ done_bytes: 200_000, bytes_per_second: 40_000 });
    take({ type: 'ensure.progress', doneBytes: 100_000, comingBytes: 20_000, totalBytes: 1_000_000, bytesPerSecond: 0 });
    expect(meter.look()).toMatchObject({ done_bytes: 200_000 });
  });

  it('tells of whole milliseconds, which add up to the time that passed', () => {
    const { meter, take, pass, begin, move } = metered();
    pass(300.4);
    take({ type: 'lock.waiting', lock: 'model a', waitedMs: 0 });
    for (let times = 0; times < 10; times++) pass(33.37);
    begin();
    move(0, 333_333, 777.7);
    pass(4000.3);
    const { summary } = meter.end();
    const { planning = 0, waiting = 0, transferring = 0 } = summary.phase_ms;
    expect(planning + waiting + transferring).toBe(Math.round(300.4 + 333.7 + 777.7 + 4000.3));
    for (const ms of [planning, waiting, transferring, summary.lock_wait_ms, summary.stalled_ms, summary.limited_ms])
      expect(Number.isInteger(ms), String(ms)).toBe(true);
    expect(summary.stalled_ms).toBeGreaterThan(0);
  });

  it('gives each phase its time, and a wait to whom it was for', () => {
    const { meter, take, pass, begin, move } = metered();
    pass(300);
    take({ type: 'lock.waiting', lock: 'model a', waitedMs: 0, holder: { pid: 7, host: 'gpu', bootId: 'b', since: '', doing: 'ensure' } });
    pass(5000);
    begin();
    move(0, 1_000_000, 4000);
    take({ type: 'ensure.phase', phase: 'publishing' });
    pass(700);
    const { summary } = meter.end();
    expect(summary).toMatchObject({
      phase_ms: { planning: 300, waiting: 5000, transferring: 4000, publishing: 700 },
      lock_wait_ms: 5000,
      stalls: 0,
    });
    expect(summary.waited_for).toContain('pid 7 on gpu');
    const { main_cause, worked_ms, findings } = explainJob({ ...JOB, summary });
    expect([main_cause, worked_ms]).toEqual(['lock', 10_000]);
    expect(findings.map(({ cause }) => cause)).toEqual(['lock', 'transfer', 'publish', 'plan']);
  });

  it('counts time without a finished piece as a stall, beyond what those in flight take, at the end too', () => {
    const { meter, pass, begin, move, take } = metered();
    pass(10_000);
    begin();
    // 100 kB a second: 50 kB in flight take half a second, and the average falls from stall to stall.
    move(0, 100_000, 1000);
    pass(3000);
    move(100_000, 200_000, 1000);
    pass(9000);
    move(200_000, 300_000, 1000);
    pass(20_000);
    take({ type: 'ensure.phase', phase: 'publishing' });
    pass(9000);
    const { summary } = meter.end();
    expect(summary.stalls).toBe(2);
    expect(summary.longest_stall_ms).toBeGreaterThan(17_000);
    expect(summary.stalled_ms).toBeGreaterThan(25_000);
    expect(summary.stalled_ms).toBeLessThan(29_000);
    expect(explainJob({ ...JOB, summary }).findings.find(({ cause }) => cause === 'stall')?.text).toMatch(
      /^2\d s of standing still: 2 times for 3 s or more, 1\d s at the longest$/,
    );
  });

  it('takes lumps under a slow limit for no stalls, nor the wait for the first bytes', () => {
    const { meter, pass, begin, take, limitTo } = metered();
    limitTo(5000);
    begin();
    pass(10_000);
    for (let piece = 1; piece <= 4; piece++) {
      take({ type: 'ensure.progress', doneBytes: piece * 50_000, totalBytes: 1_000_000, bytesPerSecond: 0 });
      pass(10_000);
    }
    expect(meter.end().summary).toMatchObject({ stalls: 0, stalled_ms: 0 });
  });

  it('gives time to the limit only while that was in force and reached', () => {
    const { meter, begin, move, limitTo } = metered();
    begin();
    limitTo(100_000);
    move(0, 390_000, 4000);
    limitTo(1_000_000);
    move(390_000, 790_000, 4000);
    limitTo(undefined);
    move(790_000, 1_000_000, 2000);
    const { summary } = meter.end();
    expect(summary.limited_ms).toBe(4000);
    expect(summary).not.toHaveProperty('limit_bytes_per_second');
    expect(summary.phase_ms).toEqual({ transferring: 10_000 });
  });

  it('adds up what sources gave and how they failed, over attempts, and bounds the list', () => {
    const first = metered();
    const failed = (source: string, code: 'NETWORK_TIMEOUT' | 'RATE_LIMIT'): EventBody => ({
      type: 'source.failed',
      source,
      error: { code, message: `${source} says no`, hint: '', retryable: true },
    });
    const file = (source: readonly string[], fetchedBytes: number): EventBody => ({
      type: 'file.finished',
      file: 'w',
      sizeBytes: fetchedBytes,
      fetchedBytes,
      origin: fetchedBytes === 0 ? 'linked' : 'fetched',
      sources: source,
      proof: 'manifest-sha256',
      durationMs: 1,
    });
    const received = (from: string, bytes: number): EventBody => ({ type: 'file.received', file: 'w', source: from, bytes });
    for (const event of [received('hf://a', 3), received('hf://a', 2), file(['hf://a'], 5)]) first.take(event);
    for (const event of [received('hf://a', 3), received('s3://b', 4), file(['hf://a', 's3://b'], 7)]) first.take(event);
    first.take(failed('hf://a', 'RATE_LIMIT'));
    first.take({ type: 'retry.scheduled', source: 'hf://a', attempt: 2, delayMs: 400, reason: 'x' });
    const { summary } = first.meter.end();
    const second = metered({ ...JOB, summary, attempts: 2 });
    for (const event of [received('hf://a', 5), file(['hf://a'], 5), received('s3://c', 6)]) second.take(event);
    second.take(file([], 0));
    second.take(failed('hf://a', 'RATE_LIMIT'));
    for (let index = 0; index < 20; index++) second.take(failed(`http://m${index}`, 'NETWORK_TIMEOUT'));
    second.take({ type: 'source.lied', source: 'http://liar', file: 'w', expected: 'a', found: 'b' });
    const all = second.meter.end().summary;
    expect(all).toMatchObject({
      fetched_bytes: 23,
      files: { fetched: 3, linked: 1 },
      retries: 1,
      retry_wait_ms: 400,
      liars: ['http://liar'],
    });
    expect(all.sources).toEqual([
      { source: 'hf://a', files: 3, bytes: 13 },
      { source: 's3://b', files: 1, bytes: 4 },
      { source: 's3://c', files: 0, bytes: 6 },
    ]);
    expect(all.troubles).toHaveLength(8);
    expect(all.troubles[0]).toEqual({ source: 'hf://a', code: 'RATE_LIMIT', times: 2, message: 'hf://a says no' });
    const texts = explainJob({ ...JOB, summary: all, attempts: 2 }).findings.map(({ text }) => text);
    expect(texts).toContain('hf://a failed 2 times: hf://a says no (RATE_LIMIT)');
    expect(texts).toContain('6 B from s3://c, of a file that is not whole yet');
    expect(texts).toContain('http://liar sent wrong bytes, which were fetched again');
    expect(texts.at(-1)).toBe('it was begun 2 times');
  });

  it('says of reading that it reads', () => {
    const { meter, take, pass } = metered({ ...JOB, request: { kind: 'verify', model: 'a@1.0.0' } });
    take({ type: 'verify.progress', doneBytes: 5, totalBytes: 10 });
    pass(1000);
    expect(meter.look()).toMatchObject({ phase: 'verifying', done_bytes: 5, total_bytes: 10, summary: { phase_ms: { verifying: 1000 } } });
  });
});
