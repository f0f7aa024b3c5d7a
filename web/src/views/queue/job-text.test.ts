import { expect, it } from 'vitest';
import { doneWords, leftWords, resultWords, speedWords } from './job-text.ts';

it.each([
  [0, 0, ''],
  [0, 2048, '0 % of 2.0 KiB'],
  [2047, 2048, '99 % of 2.0 KiB'],
  [2048, 2048, '2.0 KiB'],
])('%s of %s bytes are told as the command tells them', (done, total, words) => {
  expect(doneWords({ done_bytes: done, total_bytes: total })).toBe(words);
});

it('speed and time left are told where they are known', () => {
  expect([speedWords({ bytes_per_second: 1536 }), speedWords({ bytes_per_second: undefined })]).toEqual(['1.5 KiB/s', '']);
  expect([leftWords({ eta_seconds: 200 }), leftWords({ eta_seconds: undefined })]).toEqual(['3 min 20 s', '']);
});

it('a result has units where it counts bytes', () => {
  expect(resultWords({ fetched_bytes: 1024, bytes_read: 10, wrong_files: 2, path: '/a' })).toEqual([
    ['fetched', '1.0 KiB'],
    ['read', '10 B'],
    ['wrong files', '2'],
    ['path', '/a'],
  ]);
});
