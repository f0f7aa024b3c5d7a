import { describe, it } from 'vitest';
import { weather } from '../../test/support/transfer-storm.ts';

const MB = 1024 * 1024;

const seeds = (from: number, count: number) => Array.from({ length: count }, (_, at) => from + at);

describe('any mixture of faults at two of three sources, many times', () => {
  it.each(seeds(1000, 250))('ends with the right bytes (seed %i)', (seed) => weather(seed, { sizeBytes: 2 * MB, lanes: 'inline' }));
  it.each(seeds(5000, 40))('ends with the right bytes on worker threads (seed %i)', (seed) =>
    weather(seed, { sizeBytes: 33 * MB, lanes: 'auto' }),
  );
  it.each(seeds(7000, 30))('ends with the right bytes from sources that work at once (seed %i)', (seed) =>
    weather(seed, { sizeBytes: 33 * MB, lanes: 'auto', isFar: true }),
  );
});
