import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { INPUT_BYTES, Sha256Engine } from './sha256-engine.ts';
import { Sha256Stream } from './sha256-stream.ts';

const GIB = 1024 ** 3;

it.each([
  ['bits', 0.5 * GIB],
  ['bytes', 4 * GIB],
])('counts more %s than 32 bits hold', (_, manyBytes) => {
  const engine = new Sha256Engine();
  const hash = createHash('sha256');
  const streams = [0, 1, 2, 3].map(() => Sha256Stream.begin(engine));
  for (const input of engine.inputs) input.fill(7);
  for (let done = 0; done < manyBytes; done += INPUT_BYTES) {
    Sha256Stream.together(engine, streams, INPUT_BYTES);
    hash.update(engine.inputs[0] ?? '');
  }
  const rest = Buffer.from('and some more');
  for (const stream of streams) stream.update(rest);
  const expected = hash.update(rest).digest('hex');
  expect(streams.map((stream) => stream.digest().toString('hex'))).toEqual(Array(4).fill(expected));
});
