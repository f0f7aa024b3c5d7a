import { describe, expect, it } from 'vitest';
import { formatRateSchedule, parseRateSchedule, type RateSchedule, rateAt } from './rate-schedule.ts';

const MIB = 2 ** 20;
const at = (time: string): Date => new Date(`2026-11-23T${time}:00`);

function scheduleOf(text: string): RateSchedule {
  const parsed = parseRateSchedule(text);
  if ('problems' in parsed) throw new Error(parsed.problems.join('; '));
  return parsed.value;
}

describe('a rate schedule', () => {
  it('is one limit for all day, or none', () => {
    expect(rateAt(scheduleOf('20M'), at('03:00'))).toBe(20 * MIB);
    expect(rateAt(scheduleOf(' off '), at('03:00'))).toBeUndefined();
  });

  it.each([
    ['00:00', undefined],
    ['07:59', undefined],
    ['08:00', 20 * MIB],
    ['18:59', 20 * MIB],
    ['19:00', undefined],
    ['23:59', undefined],
  ])('at %s follows the step before, past midnight too', (time, rate) => {
    expect(rateAt(scheduleOf('08:00,20M 19:00,off'), at(time))).toBe(rate);
    expect(rateAt(scheduleOf('19:00,off  08:00,20M'), at(time))).toBe(rate);
  });

  it('names every problem', () => {
    expect(parseRateSchedule('25:00,20M 09:00,fast 10:00 11:00,1M,2M 12:00,10 13:00,1M 13:00,2M')).toEqual({
      problems: [
        '"25:00" is not a time from 00:00 to 23:59',
        '"fast" is not a size, nor off',
        '"10:00" is not a time, a comma and a rate',
        '"11:00,1M,2M" is not a time, a comma and a rate',
        '"10" is less than 1 KiB',
        '13:00 is there twice',
      ],
    });
    expect(parseRateSchedule('')).toEqual({ problems: ['"" is not a size, nor off'] });
  });

  it('is shown as it was meant', () => {
    expect(formatRateSchedule(scheduleOf('19:00,off 08:00,20M'))).toBe('08:00, 20.0 MiB; 19:00, off');
    expect(formatRateSchedule(scheduleOf('5M'))).toBe('5.0 MiB');
  });
});
