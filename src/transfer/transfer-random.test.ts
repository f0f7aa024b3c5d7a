import { describe, it } from 'vitest';
import { weather } from '../../test/support/transfer-storm.ts';

const MB = 1024 * 1024;

describe('any mixture of faults at two of three sources', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])('ends with the right bytes (seed %i)', (seed) =>
    weather(seed, { sizeBytes: 3 * MB, lanes: 'inline' }),
  );
  it.each([101, 102, 103])('ends with the right bytes on worker threads (seed %i)', (seed) =>
    weather(seed, { sizeBytes: 33 * MB, lanes: 'auto' }),
  );
  it.each([201, 202, 203, 204])('ends with the right bytes from sources that work at once (seed %i)', (seed) =>
    weather(seed, { sizeBytes: 33 * MB, lanes: 'auto', isFar: true }),
  );
});
