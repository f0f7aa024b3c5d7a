/** `wan embeddings`: what is kept for clips with the same prompt, seen and cleared from the command line. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { z } from 'zod';
import type { embeddingsListData } from '../../src/documents/embeddings.ts';
import { cacheIn, ENCODER, keyOf, tensorsOf } from '../../src/pipeline/embedding-cache/fixtures/embeddings.ts';
import { documentOf } from '../support/document.ts';
import { placeWith } from '../support/wan-command.ts';

async function keptIn(env: Readonly<Record<string, string>> = {}) {
  const place = await placeWith({});
  const directory = join(place.directory, '.cache', 'wan', 'embeddings');
  const { cache } = cacheIn(directory);
  const wan = async (...args: string[]) => (await place.wan(['embeddings', ...args], { env: { MODELS_ROOT: undefined, ...env } })).stdout;
  return { place, directory, cache, wan };
}

it('status, list and path need no MODELS_ROOT, and show what pipelines keep', async () => {
  const { directory, cache, wan } = await keptIn();
  expect(await wan('path')).toBe(`${directory}\n`);
  expect(await wan('list')).toBe('no text embedding is kept\n');
  await cache.put(keyOf('a cat'), tensorsOf(1));
  const other = 'cd'.repeat(32);
  await cache.put(keyOf('a dog', { encoder: other }), tensorsOf(2));
  const { totalBytes } = await cache.stats();
  const status = documentOf(await wan('status', '--json'));
  expect(status.data).toEqual({ path: directory, entries: 2, total_bytes: totalBytes, max_bytes: 2 * 1024 ** 3 });
  expect(await wan('status')).toMatch(/^path +.*embeddings\nentries +2\nsize +5\.\d KiB of at most 2\.0 GiB\n$/);
  const { entries } = documentOf<z.infer<typeof embeddingsListData>>(await wan('list', '--json')).data;
  expect(entries.map(({ encoder }) => encoder)).toEqual([other, ENCODER]);
  expect(entries[1]).toMatchObject({ max_length: 16, dtype: 'BF16', shape: [1, 16, 64], size_bytes: totalBytes / 2 });
  expect(await wan('list')).toMatch(new RegExp(`${entries[0]?.id.slice(0, 12)} .*cdcdcdcdcdcd +16 +BF16 +1 x 16 x 64 .* ago`));
});

it('clear removes the entries, and nothing else that lies there', async () => {
  const { directory, cache, wan } = await keptIn();
  await cache.put(keyOf('a cat'), tensorsOf(1));
  await writeFile(join(directory, 'mine.safetensors'), 'not of the cache');
  const { totalBytes } = await cache.stats();
  expect(documentOf(await wan('clear', '--json')).data).toEqual({ path: directory, removed: 1, reclaimed_bytes: totalBytes });
  expect(await wan('clear')).toContain('no text embedding was kept');
  expect(await cache.get(keyOf('a cat'))).toBeUndefined();
});

it('place and bound are configuration', async () => {
  const { place, wan } = await keptIn({ WAN_EMBEDDING_CACHE_DIR: 'here', WAN_EMBEDDING_CACHE_SIZE: '20M' });
  expect(documentOf(await wan('status', '--json')).data).toMatchObject({ path: join(place.directory, 'here'), max_bytes: 20 * 1024 ** 2 });
  const { wan: elsewhere } = await keptIn({ XDG_CACHE_HOME: '/var/tmp/caches' });
  expect(await elsewhere('path')).toBe('/var/tmp/caches/wan/embeddings\n');
});
