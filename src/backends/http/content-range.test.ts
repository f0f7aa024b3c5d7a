import { expect, it } from 'vitest';
import { parseContentLength, parseContentRange, parseUnsatisfiedRange } from './content-range.ts';

it.each([
  ['bytes 0-0/1', { first: 0, last: 0, totalBytes: 1 }],
  ['bytes 5-9/10', { first: 5, last: 9, totalBytes: 10 }],
  ['Bytes 5-9/*', { first: 5, last: 9 }],
  ['bytes 9007199254740990-9007199254740991/*', { first: 9007199254740990, last: 9007199254740991 }],
])('%s is a range', (text, range) => {
  expect(parseContentRange(text)).toEqual(range);
});

it.each([
  undefined,
  '',
  'bytes */10',
  'bytes 9-5/10',
  'bytes 5-10/10',
  'bytes -5/10',
  'bytes 5-/10',
  'bytes=5-9/10',
  'items 5-9/10',
  'bytes 5-9',
  'bytes 5-9/1e3',
  'bytes 5-9/10, bytes 20-30/40',
  'bytes 0-99999999999999999999/*',
  'bytes 0-9007199254740992/*',
])('%s is none', (text) => {
  expect(parseContentRange(text)).toBeUndefined();
});

it('the size of a refused range and a length are digits and nothing else', () => {
  expect([parseUnsatisfiedRange('bytes */0'), parseUnsatisfiedRange('bytes */12'), parseUnsatisfiedRange('bytes 0-1/2')]).toEqual([
    0,
    12,
    undefined,
  ]);
  expect([parseContentLength('12'), parseContentLength('12, 12'), parseContentLength('-1'), parseContentLength(undefined)]).toEqual([
    12,
    undefined,
    undefined,
    undefined,
  ]);
});
