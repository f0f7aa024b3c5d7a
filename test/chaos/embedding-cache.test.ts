import { statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cacheIn, keyOf, plainTensors, tensorsOf } from '../../src/pipeline/embedding-cache/fixtures/embeddings.ts';
import { describeOnSmallDisk, smallDisk } from '../support/small-disk.ts';

const WIDTH = 4096;

describeOnSmallDisk('text embeddings on a full disk', () => {
  it('are computed all the same, with a warning, and those that are kept stay whole', async () => {
    const directory = await smallDisk(512 * 1024);
    const { cache, warnings } = cacheIn(directory);
    for (let seed = 0; seed < 6; seed++) {
      const tensors = await cache.getOrCompute(keyOf(`clip ${seed}`), () => tensorsOf(seed, WIDTH));
      expect(plainTensors(tensors)).toEqual(plainTensors(tensorsOf(seed, WIDTH)));
    }
    expect(warnings.length).toBeGreaterThan(0);
    expect(warnings.every((warning) => warning.includes('ENOSPC'))).toBe(true);
    const { entryCount } = await cache.stats();
    expect(entryCount).toBeGreaterThan(0);
    const kept = await Promise.all(Array.from({ length: 6 }, (_, seed) => cache.get(keyOf(`clip ${seed}`))));
    expect(kept.filter((one) => one !== undefined)).toHaveLength(entryCount);
    for (const [seed, one] of kept.entries()) if (one) expect(plainTensors(one)).toEqual(plainTensors(tensorsOf(seed, WIDTH)));
  });

  it('are computed where not even a folder can be made', async () => {
    const directory = await smallDisk(64 * 1024);
    const ballast = join(directory, '..', 'ballast');
    writeFileSync(ballast, Buffer.alloc(statfsSync(join(directory, '..')).bavail * 4096));
    const { cache, warnings } = cacheIn(join(directory, 'embeddings'));
    expect(plainTensors(await cache.getOrCompute(keyOf('a cat'), () => tensorsOf(1)))).toEqual(plainTensors(tensorsOf(1)));
    expect(warnings.length).toBeGreaterThan(0);
  });
});
