/** Many processes on one cache: who computes, what a killed one leaves, what a bound is worth. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { LockManager } from '../../locks/lock-manager.ts';
import { systemClock, systemRandom } from '../../util/system-world.ts';
import type { EmbeddingTensor } from './embedding.ts';
import { cacheIn, keyOf, tensorsOf } from './fixtures/embeddings.ts';

const PROMPTS = 12;

const bytesOf = (tensor: EmbeddingTensor | undefined): Buffer => Buffer.from(tensor?.bytes ?? []);

function start(fixture: string, ...args: (string | number)[]): ChildProcess {
  const child = fork(join(import.meta.dirname, 'fixtures', fixture), args.map(String), { execArgv: [] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

it('eight processes that ask for the same prompt at once compute it once, and all get it', async () => {
  const place = await tempDir();
  const log = join(place, 'computed');
  const children = Array.from({ length: 8 }, () => start('embed-once.ts', join(place, 'embeddings'), log, 'a cat', 5));
  const answers = await Promise.all(children.map(async (child) => (await once(child, 'message'))[0] as string));
  expect(readFileSync(log, 'utf8')).toBe('node\n');
  expect(new Set(answers)).toEqual(new Set([bytesOf(tensorsOf(5).prompt_embeds).toString('hex')]));
});

it('a process killed while it computes leaves the next one to compute', async () => {
  const place = await tempDir();
  const [directory, log] = [join(place, 'embeddings'), join(place, 'computed')];
  const first = start('embed-once.ts', directory, log, 'a cat', 5, 600_000);
  await expect.poll(() => existsSync(log) && readFileSync(log, 'utf8'), { timeout: 60_000, interval: 5 }).toBe('node\n');
  first.kill('SIGKILL');
  const second = start('embed-once.ts', directory, log, 'a cat', 5);
  await once(second, 'message');
  expect(readFileSync(log, 'utf8')).toBe('node\nnode\n');
});

it('writers killed at any moment leave no entry that is not whole', async () => {
  const directory = join(await tempDir(), 'embeddings');
  const { cache, warnings } = cacheIn(directory);
  const width = 64 * 1024;
  const expected = Array.from({ length: PROMPTS }, (_, seed) => tensorsOf(seed, width));
  let [whole, unfinished] = [0, 0];
  // Until the kills have met writers at work, before and after a rename.
  for (let round = 0; round < 12 || whole === 0 || unfinished === 0; round++) {
    const writers = [
      start('embedding-storm.ts', directory, 2 ** 30, PROMPTS, width),
      start('embedding-storm.ts', directory, 2 ** 30, PROMPTS, width),
    ];
    await Promise.all(writers.map((child) => once(child, 'message')));
    await sleep(20 + 10 * (round % 12));
    for (const child of writers) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    for (let seed = 0; seed < PROMPTS; seed++) {
      const { prompt_embeds: found } = (await cache.get(keyOf(`clip ${seed}`))) ?? {};
      if (found === undefined) continue;
      whole++;
      expect(bytesOf(found).equals(bytesOf(expected[seed]?.prompt_embeds))).toBe(true);
    }
    unfinished += readdirSync(directory).filter((name) => name.endsWith('.tmp')).length;
    await cache.clear();
  }
  expect(warnings).toEqual([]);
});

it('the bound holds at every moment, however many processes store', async () => {
  const directory = join(await tempDir(), 'embeddings');
  const { cache } = cacheIn(directory);
  await cache.put(keyOf('clip 0'), tensorsOf(0, 1024));
  const maxBytes = 5 * (await cache.stats()).totalBytes + 100;
  const storm = Array.from({ length: 6 }, () => start('embedding-storm.ts', directory, maxBytes, 40, 1024));
  await Promise.all(storm.map((child) => once(child, 'message')));
  const locks = new LockManager({ clock: systemClock, random: systemRandom, lockDir: join(directory, 'locks') });
  const sizes: number[] = [];
  while (sizes.length < 100) {
    await using _lease = await locks.acquire({ name: 'the cache', path: 'store.lock' }, { timeoutMs: 20_000, doing: 'count' });
    sizes.push((await cache.stats()).totalBytes);
  }
  expect(storm.map(({ exitCode }) => exitCode)).toEqual(storm.map(() => null));
  expect(Math.max(...sizes)).toBeLessThanOrEqual(maxBytes);
  expect(Math.max(...sizes)).toBeGreaterThan(maxBytes / 2);
});
