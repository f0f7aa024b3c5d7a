import { hash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { readdir, readFile, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../../test/support/temp-dir.ts';
import type { EmbeddingKey, EmbeddingTensors } from './embedding.ts';
import { encodeEntry } from './entry-file.ts';
import { cacheIn, ENCODER, embedsOf, keyOf, plainTensors, tensorsOf } from './fixtures/embeddings.ts';

const place = async (): Promise<string> => join(await tempDir(), 'embeddings');

const entryFiles = async (directory: string): Promise<string[]> =>
  (await readdir(directory)).filter((name) => name.endsWith('.safetensors')).map((name) => join(directory, name));

describe('an embedding', () => {
  it('is computed once for a prompt, also by an object that comes later, and comes back to the byte', async () => {
    const directory = await place();
    const computed: string[] = [];
    const compute = (text: string) => {
      computed.push(text);
      return tensorsOf(5);
    };
    const first = await cacheIn(directory).cache.getOrCompute(keyOf('a cat'), compute);
    const again = await cacheIn(directory).cache.getOrCompute(keyOf('a cat'), compute);
    expect(computed).toEqual(['a cat']);
    expect(plainTensors(again)).toEqual(plainTensors(tensorsOf(5)));
    expect(plainTensors(first)).toEqual(plainTensors(again));
  });

  it('is one for all ways to write a prompt that upstream cleans to the same', async () => {
    const { cache } = cacheIn(await place());
    await cache.put(keyOf('“a  cat”\n&amp; a dog '), tensorsOf(1));
    expect(plainTensors(await cache.get(keyOf('"a cat" & a dog')))).toEqual(plainTensors(tensorsOf(1)));
    let text = '';
    await cache.getOrCompute(keyOf(' ﬁne　art '), (cleaned) => {
      text = cleaned;
      return tensorsOf(2);
    });
    expect(text).toBe('fine art');
  });

  it.each([
    ['prompt', { prompt: 'a dog' }],
    ['encoder', { encoder: 'cd'.repeat(32) }],
    ['length', { maxLength: 512 }],
    ['number format', { dtype: 'F32' }],
    ['number format of the encoder', { computeDtype: 'F32' }],
    ['something else that its user names', { extra: { lora: 'b' } }],
  ] satisfies [string, Partial<EmbeddingKey>][])('of another %s is another one', async (_, others) => {
    const { cache } = cacheIn(await place());
    await cache.put(keyOf('a cat'), tensorsOf(1));
    expect(await cache.get(keyOf('a cat', others))).toBeUndefined();
    expect(await cache.get(keyOf('a cat'))).toBeDefined();
  });

  it('of an upper-case digest with its algorithm is the same', async () => {
    const { cache } = cacheIn(await place());
    await cache.put(keyOf('a cat'), tensorsOf(1));
    expect(await cache.get(keyOf('a cat', { encoder: `sha256:${ENCODER.toUpperCase()}`, computeDtype: 'BF16', extra: {} }))).toBeDefined();
  });

  it('that cannot be computed fails its caller, and the next one computes', async () => {
    const { cache } = cacheIn(await place());
    const failing = cache.getOrCompute(keyOf('a cat'), () => Promise.reject(new Error('out of memory')));
    await expect(failing).rejects.toThrow('out of memory');
    expect(plainTensors(await cache.getOrCompute(keyOf('a cat'), () => tensorsOf(3)))).toEqual(plainTensors(tensorsOf(3)));
  });

  it('is computed by one of many who ask at the same time', async () => {
    const directory = await place();
    let count = 0;
    const ask = () =>
      cacheIn(directory).cache.getOrCompute(keyOf('a cat'), async () => {
        count++;
        await sleep(100);
        return tensorsOf(7);
      });
    const all = await Promise.all(Array.from({ length: 12 }, ask));
    expect(count).toBe(1);
    for (const one of all) expect(plainTensors(one)).toEqual(plainTensors(tensorsOf(7)));
  });

  it('is computed without the cache where another one takes too long, and the caller is told', async () => {
    const directory = await place();
    const { promise, resolve } = Promise.withResolvers<void>();
    const slow = cacheIn(directory).cache.getOrCompute(keyOf('a cat'), async () => {
      await promise;
      return tensorsOf(1);
    });
    await sleep(50);
    const { cache, warnings } = cacheIn(directory);
    await cache.getOrCompute(keyOf('a cat'), () => tensorsOf(1), { waitMs: 50 });
    expect(warnings).toEqual([expect.stringContaining('gave up on the text embedding')]);
    resolve();
    await slow;
  });

  it('that is no longer wanted is not waited for', async () => {
    const directory = await place();
    const { promise, resolve } = Promise.withResolvers<void>();
    const slow = cacheIn(directory).cache.getOrCompute(keyOf('a cat'), async () => {
      await promise;
      return tensorsOf(1);
    });
    await sleep(50);
    const waiting = cacheIn(directory).cache.getOrCompute(keyOf('a cat'), () => tensorsOf(1), { signal: AbortSignal.timeout(20) });
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    resolve();
    await slow;
  });
});

describe('what is no key, or not what a key promises, is refused', () => {
  it.each([
    [{ encoder: 'umt5' }, 'encoder is to be a sha256'],
    [{ maxLength: 0 }, 'maxLength is to be a whole number'],
    [{ dtype: 'bf16' as 'BF16' }, 'bf16 is no dtype'],
    [{ extra: { lora: 'naïve' } }, 'printable ASCII'],
    [{ extra: { '7': 'x' } }, 'names of [a-z0-9_]'],
  ] satisfies [Partial<EmbeddingKey>, string][])('%j', async (others, message) => {
    const { cache } = cacheIn(await place());
    await expect(cache.get(keyOf('a cat', others))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(message),
    });
  });

  it.each<[string, EmbeddingTensors]>([
    ['there is no prompt_embeds', { mask: { dtype: 'BOOL', shape: [1], bytes: new Uint8Array(1) } }],
    ['prompt_embeds is F16, its key says BF16', { prompt_embeds: { dtype: 'F16', shape: [1], bytes: new Uint8Array(2) } }],
    ['has 4 bytes instead of 64', { prompt_embeds: { dtype: 'BF16', shape: [1, 16, 2], bytes: new Uint8Array(4) } }],
    ['prompt_embeds is [1, 8, 2], its key says [1, 16, width]', embedsOf([1, 8, 2])],
    ['prompt_embeds is [2, 16, 2], its key says [1, 16, width]', embedsOf([2, 16, 2])],
    ['prompt_embeds is [16, 2], its key says [1, 16, width]', embedsOf([16, 2])],
    ['no name of a tensor', { ...tensorsOf(1), 'a/b': { dtype: 'U8', shape: [0], bytes: new Uint8Array() } }],
  ])('%s', async (message, tensors) => {
    const { cache } = cacheIn(await place());
    const computing = cache.getOrCompute(keyOf('a cat'), () => tensors);
    await expect(computing).rejects.toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining(message) });
    expect((await cache.stats()).entryCount).toBe(0);
  });

  it('another layout is told by extra, and then taken as it is', async () => {
    const { cache } = cacheIn(await place());
    expect(await cache.put(keyOf('a cat', { extra: { layout: 'unpadded' } }), embedsOf([3, 2]))).toBe(true);
  });
});

describe('an entry that is not what was written', () => {
  const damages: [string, (path: string) => Promise<void>][] = [
    ['cut', (path) => truncate(path, 500)],
    ['empty', (path) => truncate(path, 0)],
    ['longer', (path) => writeFile(path, 'x', { flag: 'a' })],
    [
      'of another key',
      async (path) => writeFile(path, (await readFile(path, 'latin1')).replace('"max_length\\":16', '"max_length\\":17'), 'latin1'),
    ],
    ['flipped in one bit of its tensors', async (path) => flip(path, -1)],
    ['flipped in one bit of its shape', async (path) => flip(path, (await readFile(path, 'latin1')).indexOf('"shape":[1,16,64]') + 9)],
  ];
  async function flip(path: string, at: number): Promise<void> {
    const bytes = await readFile(path);
    const place = at < 0 ? bytes.length + at : at;
    bytes[place] = (bytes[place] ?? 0) ^ 1;
    await writeFile(path, bytes);
  }

  it.each(damages)('(%s) is removed, told of, and computed anew', async (_, damage) => {
    const directory = await place();
    const { cache, warnings } = cacheIn(directory);
    await cache.put(keyOf('a cat'), tensorsOf(1));
    const [path = ''] = await entryFiles(directory);
    await damage(path);
    expect(await cache.get(keyOf('a cat'))).toBeUndefined();
    expect(existsSync(path)).toBe(false);
    expect(warnings).toEqual([expect.stringContaining('is damaged and was removed')]);
    await cache.getOrCompute(keyOf('a cat'), () => tensorsOf(2));
    expect(plainTensors(await cache.get(keyOf('a cat')))).toEqual(plainTensors(tensorsOf(2)));
  });

  it('is not listed', async () => {
    const directory = await place();
    const { cache } = cacheIn(directory);
    await cache.put(keyOf('a cat'), tensorsOf(1));
    const [path = ''] = await entryFiles(directory);
    await truncate(path, 40);
    expect(await cache.list()).toEqual([]);
  });
});

describe('the folder', () => {
  it("is its owner's alone, marked as a cache, and keeps no prompt", async () => {
    const directory = await place();
    await cacheIn(directory).cache.put(keyOf('the secret garden'), tensorsOf(1));
    const [path = ''] = await entryFiles(directory);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await readFile(join(directory, 'CACHEDIR.TAG'), 'utf8')).toMatch(/^Signature: 8a477f597d28d172789f06886806bc55\n/);
    expect((await readFile(path)).includes('secret garden')).toBe(false);
  });

  it('keeps what was used last, within its bound', async () => {
    const directory = await place();
    const { cache } = cacheIn(directory);
    for (const seed of [1, 2, 3, 4]) await cache.put(keyOf(`clip ${seed}`), tensorsOf(seed));
    const { totalBytes } = await cache.stats();
    const files = await entryFiles(directory);
    for (const path of files) await utimes(path, 1000, 1000);
    await cache.get(keyOf('clip 1'));
    const bounded = cacheIn(directory, { maxBytes: totalBytes / 2 }).cache;
    await bounded.put(keyOf('clip 5'), tensorsOf(5));
    expect(await bounded.get(keyOf('clip 1'))).toBeDefined();
    expect(await bounded.get(keyOf('clip 5'))).toBeDefined();
    expect(await bounded.stats()).toMatchObject({ entryCount: 2, totalBytes: totalBytes / 2, hits: 2, misses: 0 });
  });

  it('takes no entry that is larger than it may be, and says so', async () => {
    const { cache, warnings } = cacheIn(await place(), { maxBytes: 1000 });
    expect(plainTensors(await cache.getOrCompute(keyOf('a cat'), () => tensorsOf(1)))).toEqual(plainTensors(tensorsOf(1)));
    expect(warnings).toEqual(['a text embedding of 2.6 KiB is not kept: the cache may have 1000 B']);
    expect((await cache.stats()).entryCount).toBe(0);
  });

  it('is not made where nothing is to be kept', async () => {
    const directory = await place();
    const { cache, warnings } = cacheIn(directory, { maxBytes: 0 });
    await cache.getOrCompute(keyOf('a cat'), () => tensorsOf(1));
    expect(existsSync(directory)).toBe(false);
    expect(warnings).toEqual([]);
  });

  it('loses what a dead writer left an hour ago, and not what one writes now', async () => {
    const directory = await place();
    const { cache } = cacheIn(directory);
    await cache.put(keyOf('a cat'), tensorsOf(1));
    const [old, fresh] = ['11', '22'].map((digits) => join(directory, `${digits.repeat(32)}.${crypto.randomUUID()}.tmp`));
    for (const path of [old, fresh]) await writeFile(path ?? '', 'half');
    await utimes(old ?? '', Date.now() / 1000 - 3700, Date.now() / 1000 - 3700);
    await cache.put(keyOf('a dog'), tensorsOf(2));
    expect([old, fresh].map((path) => existsSync(path ?? ''))).toEqual([false, true]);
  });

  it('is listed last used first, and emptied, without what is not of the cache', async () => {
    const directory = await place();
    const { cache } = cacheIn(directory);
    await cache.put(keyOf('a cat'), tensorsOf(1));
    await cache.put(keyOf('a dog'), tensorsOf(2));
    const [first] = await entryFiles(directory);
    await utimes(first ?? '', 1000, 1000);
    await writeFile(join(directory, 'mine.txt'), 'not of the cache');
    const text = 'no key';
    const forged = join(directory, `${hash('sha256', text)}.safetensors`);
    await writeFile(forged, await encodeEntry({ id: '', text }, tensorsOf(3)));
    const list = await cache.list();
    expect(list.map(({ id }) => id)).toHaveLength(2);
    expect(list[1]).toMatchObject({ lastUsed: '1970-01-01T00:16:40.000Z', encoder: ENCODER, dtype: 'BF16', shape: [1, 16, 64] });
    const { totalBytes } = await cache.stats();
    expect(await cache.clear()).toEqual({ removed: 3, reclaimedBytes: totalBytes });
    expect(await cache.list()).toEqual([]);
    expect(await readFile(join(directory, 'mine.txt'), 'utf8')).toBe('not of the cache');
  });
});

it('a folder that cannot be had fails nobody', async () => {
  const directory = await tempDir();
  await writeFile(join(directory, 'taken'), '');
  const { cache, warnings } = cacheIn(join(directory, 'taken', 'embeddings'));
  expect(plainTensors(await cache.getOrCompute(keyOf('a cat'), () => tensorsOf(1)))).toEqual(plainTensors(tensorsOf(1)));
  expect(warnings.length).toBeGreaterThan(0);
  await expect(cache.put(keyOf('a cat'), tensorsOf(1))).rejects.toMatchObject({ code: 'FILESYSTEM_ERROR' });
});
