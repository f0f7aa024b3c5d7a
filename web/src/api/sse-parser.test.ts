import { expect, it } from 'vitest';
import { SseParser } from './sse-parser.ts';

const STREAM =
  'retry: 2000\n\nid: e.1\nevent: job\ndata: {"a":"b: c"}\n\n: still here\n\nevent: reset\ndata: {}\n\nid: e.2\nevent: gone\ndata: {"id":"x"}\n\n';
const EVENTS = [
  { id: 'e.1', event: 'job', data: '{"a":"b: c"}' },
  { event: 'reset', data: '{}' },
  { id: 'e.2', event: 'gone', data: '{"id":"x"}' },
];

it.each([1, 2, 7, 1000])('gives the same events in pieces of %s characters', (size) => {
  const parser = new SseParser();
  const pieces = Array.from({ length: Math.ceil(STREAM.length / size) }, (_, index) => STREAM.slice(index * size, (index + 1) * size));
  expect(pieces.flatMap((piece) => parser.push(piece))).toEqual(EVENTS);
});

it('holds back what is not finished', () => {
  const parser = new SseParser();
  expect(parser.push('data: half')).toEqual([]);
  expect(parser.push(' and half\n\n')).toEqual([{ event: 'message', data: 'half and half' }]);
});
