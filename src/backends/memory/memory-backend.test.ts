import { describe, expect, it } from 'vitest';
import { describeBackend, readBody } from '../../../test/conformance/backend.suite.ts';
import { ModelError } from '../../domain/errors.ts';
import { MemoryBackend } from './memory-backend.ts';

describeBackend('memory', async () => {
  const backend = new MemoryBackend();
  return { backend, put: async (path, bytes) => backend.put(path, bytes), openCount: () => backend.openBodies, stop: async () => {} };
});

describe('faults of a memory backend', () => {
  const signal = new AbortController().signal;
  const error = () => new ModelError('SOURCE_UNAVAILABLE', 'scripted');

  it('fail an open as often as they say', async () => {
    const backend = new MemoryBackend({ a: 'abc' });
    backend.fail({ path: 'a', error, times: 2 });
    await expect(backend.open('a', { signal })).rejects.toThrow('scripted');
    await expect(backend.open('a', { signal })).rejects.toThrow('scripted');
    expect(await readBody(await backend.open('a', { signal }))).toEqual(Buffer.from('abc'));
    expect(backend.openCount).toBe(3);
  });

  it('break a body after so many bytes', async () => {
    const backend = new MemoryBackend({ a: 'abc' });
    backend.fail({ path: 'a', error, afterBytes: 2 });
    const seen: number[] = [];
    const reading = (async () => {
      for await (const chunk of (await backend.open('a', { signal })).body) seen.push(...chunk);
    })();
    await expect(reading).rejects.toThrow('scripted');
    expect(Buffer.from(seen)).toEqual(Buffer.from('ab'));
  });
});
