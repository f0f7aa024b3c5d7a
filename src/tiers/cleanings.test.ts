import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { storeContextOf } from '../../test/support/test-store.ts';
import { encodeRecord } from '../store/record.ts';
import { systemRandom } from '../util/system-world.ts';
import { awaitCleanings, stopOwnCleanings, withCleaning } from './cleanings.ts';
import { PathPlace } from './path-place.ts';

const HOUR = 3600_000;

async function placeToClear(lockTimeoutMs = 300) {
  const path = await tempDir();
  const store = { ...storeContextOf(await tempDir()), lockTimeoutMs };
  const place = new PathPlace({ name: 'cold', path, ownerId: 'ours', random: systemRandom, memoryBudgetBytes: 1 << 26 });
  const options = { store, storeId: 'ours', signal: new AbortController().signal };
  const say = async (id: string, storeId: string, atMs: number) => {
    await mkdir(join(path, 'cleaning'), { recursive: true });
    await writeFile(join(path, 'cleaning', id), encodeRecord({ store_id: storeId, at_ms: atMs }));
  };
  return { place, options, say, said: () => readdir(join(path, 'cleaning')).catch(() => []) };
}

it('another root that clears is waited for, and named where that takes too long', async () => {
  const { place, options, say } = await placeToClear();
  await say('a', 'theirs', Date.now());
  await expect(awaitCleanings(place, options)).rejects.toMatchObject({ code: 'LOCK_TIMEOUT', reason: 'tier_cleared' });
});

it('one that has ended meanwhile holds nobody up', async () => {
  const { place, options } = await placeToClear(10_000);
  const theirs = withCleaning(place, { ...options, storeId: 'theirs' }, async (mayGoOn) => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    return mayGoOn();
  });
  while ((await place.keysUnder('cleaning')).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await awaitCleanings(place, options);
  expect(await place.keysUnder('cleaning')).toEqual([]);
  expect(await theirs).toBe(true);
});

it('the word of a dead process of this root, or of one long ago, counts no more and is taken away', async () => {
  const { place, options, say, said } = await placeToClear();
  await say('own', 'ours', Date.now());
  await say('old', 'theirs', Date.now() - 2 * HOUR);
  await awaitCleanings(place, options);
  expect(await said()).toEqual([]);
});

it('whoever clears stops in time: after half an hour it removes nothing more', async () => {
  const { place, options } = await placeToClear();
  let nowMs = 0;
  const clock = { ...options.store.clock, now: () => options.store.clock.now(), monotonic: () => nowMs };
  const may = await withCleaning(place, { ...options, store: { ...options.store, clock } }, async (mayGoOn) => {
    const before = await mayGoOn();
    nowMs = HOUR / 2;
    return [before, await mayGoOn()];
  });
  expect(may).toEqual([true, false]);
});

it('a machine that slept meanwhile removes nothing more, nor one whose word is gone', async () => {
  const { place, options, said } = await placeToClear();
  let sleptMs = 0;
  const clock = { ...options.store.clock, now: () => Date.now() + sleptMs, monotonic: () => 0 };
  const may = await withCleaning(place, { ...options, store: { ...options.store, clock } }, async (mayGoOn) => {
    const before = await mayGoOn();
    sleptMs = 2 * HOUR;
    const afterSleep = await mayGoOn();
    sleptMs = 0;
    await stopOwnCleanings(place, options);
    return [before, afterSleep, await mayGoOn()];
  });
  expect(may).toEqual([true, false, false]);
  expect(await said()).toEqual([]);
});
