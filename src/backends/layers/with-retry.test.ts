import { describe, expect, it } from 'vitest';
import { collect, describeBackend, readBody } from '../../../test/conformance/backend.suite.ts';
import { ModelError } from '../../domain/errors.ts';
import type { Clock, Random } from '../../domain/world.ts';
import { DEFAULT_RETRY_POLICY } from '../../util/retry.ts';
import { systemClock, systemRandom } from '../../util/system-world.ts';
import { isHttpReachable, isLocallyReadable, type RemoteFile } from '../backend.ts';
import { createHttpBackend } from '../http/http-backend.ts';
import { HttpClient } from '../http/http-client.ts';
import { createLocalBackend } from '../local/local-backend.ts';
import { MemoryBackend } from '../memory/memory-backend.ts';
import { type BackendRetry, withRetry } from './with-retry.ts';

describeBackend('a retried memory', async () => {
  const memory = new MemoryBackend();
  const backend = withRetry(memory, { policy: DEFAULT_RETRY_POLICY, clock: systemClock, random: systemRandom });
  return { backend, put: async (path, bytes) => memory.put(path, bytes), openCount: () => memory.openBodies, stop: async () => {} };
});

/** Sleeps take no time but are written down. */
function quickWorld() {
  const slept: number[] = [];
  const clock: Clock = { now: () => 0, monotonic: () => slept.reduce((sum, ms) => sum + ms, 0), sleep: async (ms) => void slept.push(ms) };
  const random: Random = { next: () => 0.5, uuid: () => '' };
  return { slept, clock, random, policy: DEFAULT_RETRY_POLICY };
}

describe('a retried backend', () => {
  const signal = new AbortController().signal;
  const busy = () => new ModelError('SOURCE_UNAVAILABLE', 'busy', { reason: 'server_error' });

  it('tries again, waits longer each time, and tells of it', async () => {
    const { slept, ...world } = quickWorld();
    const memory = new MemoryBackend({ a: 'abc' });
    memory.fail({ path: 'a', error: busy, times: 2 });
    const told: BackendRetry[] = [];
    const backend = withRetry(memory, { ...world, onRetry: (retry) => told.push(retry) });
    expect((await readBody(await backend.open('a', { signal }))).toString()).toBe('abc');
    expect(slept).toEqual([250, 500]);
    expect(told).toMatchObject([
      { source: 'memory://test', file: 'a', attempt: 1, delayMs: 250, reason: 'server_error' },
      { attempt: 2, delayMs: 500 },
    ]);
  });

  it('gives up after its attempts with the last error', async () => {
    const memory = new MemoryBackend({ a: 'abc' });
    memory.fail({ path: 'a', error: busy, times: 99 });
    await expect(withRetry(memory, quickWorld()).open('a', { signal })).rejects.toMatchObject({ reason: 'server_error' });
    expect(memory.openCount).toBe(4);
  });

  it('does not repeat what cannot succeed', async () => {
    const memory = new MemoryBackend({ a: 'abc' });
    memory.fail({ path: 'a', error: () => new ModelError('AUTH_FAIL', 'no'), times: 99 });
    await expect(withRetry(memory, quickWorld()).open('a', { signal })).rejects.toMatchObject({ code: 'AUTH_FAIL' });
    expect(memory.openCount).toBe(1);
  });

  it('waits as long as the source asks, and fails at once where that is too long', async () => {
    const { slept, ...world } = quickWorld();
    const memory = new MemoryBackend({ a: 'abc' });
    const limited = (ms: number) => () => new ModelError('RATE_LIMIT', 'slow down', { details: { retry_after_ms: ms } });
    memory.fail({ path: 'a', error: limited(7000) });
    await withRetry(memory, world).open('a', { signal });
    expect(slept).toEqual([7250]);
    memory.fail({ path: 'a', error: limited(3_600_000) });
    await expect(withRetry(memory, world).open('a', { signal })).rejects.toMatchObject({ code: 'RATE_LIMIT' });
    expect(slept).toHaveLength(1);
  });

  it('stops waiting when cancelled', async () => {
    const controller = new AbortController();
    const memory = new MemoryBackend({ a: 'abc' });
    memory.fail({ path: 'a', error: busy, times: 99 });
    const world = { policy: { ...DEFAULT_RETRY_POLICY, baseMs: 1e7, maxMs: 1e7, budgetMs: 1e9 }, clock: systemClock, random: systemRandom };
    const opening = withRetry(memory, { ...world, onRetry: () => controller.abort() }).open('a', { signal: controller.signal });
    await expect(opening).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('goes on with a listing that broke, and gives no file twice', async () => {
    const memory = new MemoryBackend({ a: '1', b: '2', c: '3' });
    let breaks = 2;
    const flaky = Object.assign(Object.create(memory) as MemoryBackend, {
      async *list(): AsyncGenerator<RemoteFile> {
        for await (const file of memory.list(signal)) {
          if (file.path === 'b' && breaks-- > 0) throw busy();
          yield file;
        }
      },
    });
    const listed = await collect(withRetry(flaky, quickWorld()).list(signal));
    expect(listed.map(({ path }) => path)).toEqual(['a', 'b', 'c']);
  });

  it('keeps the powers of the backend under it, and adds none', () => {
    const world = quickWorld();
    const powers = [
      new MemoryBackend(),
      createLocalBackend('local:///x', { localRoots: [] }),
      createHttpBackend('http://h.test/', new HttpClient()),
    ].map((backend) => {
      const retried = withRetry(backend, world);
      return [isHttpReachable(retried), isLocallyReadable(retried)];
    });
    expect(powers).toEqual([
      [false, false],
      [false, true],
      [true, false],
    ]);
  });
});
