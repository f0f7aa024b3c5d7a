import { Cron } from 'croner';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CronSchedule, nextTime, parseCron } from './cron.ts';

const schedule = (text: string): CronSchedule => {
  const parsed = parseCron(text);
  if ('problems' in parsed) throw new Error(parsed.problems.join('; '));
  return parsed.value;
};
const next = (text: string, after: string): string | undefined => nextTime(schedule(text), new Date(after))?.toISOString();
const problems = (text: string): string => {
  const parsed = parseCron(text);
  return 'problems' in parsed ? parsed.problems.join('; ') : 'none';
};

beforeEach(() => void vi.stubEnv('TZ', 'UTC'));
afterEach(() => void vi.unstubAllEnvs());

describe('a cron schedule', () => {
  it.each([
    ['30 3 * * *', '2026-05-01T03:30:00Z', '2026-05-02T03:30:00.000Z'],
    ['*/20 * * * *', '2026-05-01T10:41:00Z', '2026-05-01T11:00:00.000Z'],
    ['0 4 * * mon-fri', '2026-05-01T05:00:00Z', '2026-05-04T04:00:00.000Z'],
    ['0 0 13 * fri', '2026-05-09T00:00:00Z', '2026-05-13T00:00:00.000Z'],
    ['0 0 * * 7', '2026-05-01T00:00:00Z', '2026-05-03T00:00:00.000Z'],
    ['5,10-12 1 1 jan,jul *', '2026-05-01T00:00:00Z', '2026-07-01T01:05:00.000Z'],
    ['0 0 29 2 *', '2097-01-01T00:00:00Z', '2104-02-29T00:00:00.000Z'],
    ['@weekly', '2026-05-01T00:00:00Z', '2026-05-03T00:00:00.000Z'],
  ])('%s comes after %s at %s', (text, after, expected) => {
    expect(next(text, after)).toBe(expected);
  });

  it('names every part that is wrong', () => {
    expect(problems('61 3 * foo *')).toBe(
      '"61" is no minute (0-59), nor a range or step of them; "foo" is no month (1-12), nor a range or step of them',
    );
    expect(problems('0 3 * *')).toContain('has 4 fields instead of 5');
    for (const text of ['5/2 * * * *', '9-3 * * * *', '*/0 * * * *', '1-2-3 * * * *', '*/2/3 * * * *', ' ', '@often', '0 0 0 * *']) {
      expect(problems(text), text).not.toBe('none');
    }
    expect(problems('0 0 30 2 *')).toContain('is never');
  });

  it('takes a time that the clocks skip an hour later, and one that comes twice the first time', () => {
    vi.stubEnv('TZ', 'Europe/Berlin');
    expect(next('30 2 * * *', '2026-03-28T12:00:00Z')).toBe('2026-03-29T01:30:00.000Z');
    expect(next('30 2 * * *', '2026-03-29T01:30:00Z')).toBe('2026-03-30T00:30:00.000Z');
    expect(next('30 2 * * *', '2026-10-24T12:00:00Z')).toBe('2026-10-25T00:30:00.000Z');
    expect(next('30 2 * * *', '2026-10-25T00:30:00Z')).toBe('2026-10-26T01:30:00.000Z');
  });

  it('comes when a library that many use says so', () => {
    const part = (min: number, max: number) =>
      fc.oneof(
        fc.integer({ min, max }).map(String),
        fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
        fc
          .tuple(fc.integer({ min, max }), fc.integer({ min, max }), fc.integer({ min: 1, max: 6 }))
          .map(([a, b, by]) => `${Math.min(a, b)}-${Math.max(a, b)}/${by}`),
      );
    const field = (min: number, max: number) => fc.array(part(min, max), { minLength: 1, maxLength: 3 }).map((parts) => parts.join(','));
    const any = (min: number, max: number, steps = true) =>
      fc.oneof(fc.constant('*'), field(min, max), ...(steps ? [fc.integer({ min: 1, max }).map((by) => `*/${by}`)] : []));
    const fields = fc.tuple(any(0, 59), any(0, 23), any(1, 28, false), any(1, 12), any(0, 6, false)).map((words) => words.join(' '));
    const moment = fc.date({ min: new Date('2024-01-01'), max: new Date('2031-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(fields, moment, (text, after) => {
        const theirs = new Cron(text, { timezone: 'Etc/UTC' }).nextRun(after);
        expect(nextTime(schedule(text), after)?.toISOString()).toBe(theirs?.toISOString());
      }),
      { numRuns: 300 },
    );
  });
});
