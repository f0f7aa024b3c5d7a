import { expect, it } from 'vitest';
import { NO_RULES, planQuery } from './gc-rules.ts';

it.each([
  [{}, ''],
  [{ olderThan: ' 30d ', family: 'a&b' }, '?older_than=30d&family=a%26b'],
  [
    { maxSize: '2T', free: '100G', keepLast: '2', purge: true, quarantine: true },
    '?max_size=2T&free=100G&keep_last=2&purge=true&quarantine=true',
  ],
])('%o is asked for', (rules, query) => {
  expect(planQuery({ ...NO_RULES, ...rules })).toBe(query);
});
