import { expect, it } from 'vitest';
import { ago } from './ago.ts';

it.each([
  [0, 'just now'],
  [-4999, 'just now'],
  [8000, '8 s ago'],
  [59_999, '59 s ago'],
  [200_000, '3 min ago'],
  [7_199_000, '1 h ago'],
  [90_000_000, '1 d ago'],
  [-100_000, 'in 1 min'],
])('%i ms later it is %s', (passedMs, words) => {
  expect(ago(1_000_000_000, 1_000_000_000 + passedMs)).toBe(words);
});
