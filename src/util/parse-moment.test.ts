import { describe, expect, it } from 'vitest';
import { parseMoment } from './parse-moment.ts';

const NOW = new Date(2026, 10, 27, 20, 0).getTime();
const DAY = 86_400_000;

describe('a moment', () => {
  it.each([
    ['7d', NOW + 7 * DAY],
    ['1h30m', NOW + 5_400_000],
    ['2026-12-31', new Date(2027, 0, 1).getTime()],
    ['2026-12-31T18:00', new Date(2026, 11, 31, 18).getTime()],
    ['2026-12-31 18:00Z', Date.UTC(2026, 11, 31, 18)],
    ['2026-12-31T18:00:30+02:00', Date.UTC(2026, 11, 31, 16, 0, 30)],
  ])('%s is understood', (text, ms) => {
    expect(parseMoment(text, NOW)).toBe(ms);
  });

  it.each(['', '7', '2026', 'tomorrow', '2026-02-30', '2026-13-01', '2026-12-31T25:00', '31.12.2026'])('%j is none', (text) => {
    expect(parseMoment(text, NOW)).toBeUndefined();
  });
});
