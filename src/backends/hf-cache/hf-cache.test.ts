import { hash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { type Sha256, sha256Of } from '../../domain/digest.ts';
import { HfCache, type WantedBytes } from './hf-cache.ts';
import { placeInCache } from './repo-folder.ts';

const COMMIT = 'a'.repeat(40);
const signal = new AbortController().signal;
const BIG = Buffer.from('weights '.repeat(1000));
const SMALL = Buffer.from('{"model_type": "wan"}');
const sha256 = (bytes: Buffer): Sha256 => sha256Of(hash('sha256', bytes));
const gitId = (bytes: Buffer): string => hash('sha1', Buffer.concat([Buffer.from(`blob ${bytes.length}\0`), bytes]));

const write = (path: string, bytes: Uint8Array): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
};

const link = (target: string, path: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(relative(dirname(path), target), path);
};

/** A cache, and what was read of it. */
async function cacheAt(directory?: string) {
  const root = directory ?? join(await tempDir(), 'hub');
  const read: string[] = [];
  const cache = new HfCache({
    directory: root,
    sha256OfFile: async (path) => {
      read.push(relative(root, path));
      return sha256(readFileSync(path));
    },
  });
  const find = async (bytes: Buffer, more: Partial<WantedBytes> = {}) =>
    (await cache.find({ digest: { algorithm: 'sha256', hex: sha256(bytes) }, sizeBytes: bytes.length, places: [], ...more }, signal))?.path;
  return { root, read, cache, find };
}

const place = (path: string) => [{ folder: 'models--org--name', path }];

describe('the Hub cache as a source', () => {
  it('is asked for a blob by its sha256, in every repository, without reading anything', async () => {
    const { root, read, find, cache } = await cacheAt();
    expect(await find(BIG)).toBeUndefined();
    write(join(root, 'datasets--x--y/blobs', sha256(BIG)), BIG);
    expect(await find(BIG)).toBe(`datasets--x--y/blobs/${sha256(BIG)}`);
    write(join(root, 'models--org--name/blobs', sha256(BIG)), BIG);
    expect(await find(BIG, { places: place('m.safetensors') })).toBe(`models--org--name/blobs/${sha256(BIG)}`);
    expect(read).toEqual([]);
    const source = await cache.find({ digest: { algorithm: 'sha256', hex: sha256(BIG) }, sizeBytes: BIG.length, places: [] }, signal);
    expect(source).toMatchObject({ isHere: true, backend: { label: `hf-cache://${root}`, scheme: 'hf-cache' } });
    const opened = await source?.backend.open(source.path, { signal });
    expect(Buffer.concat(await Array.fromAsync(opened?.body ?? []))).toEqual(BIG);
  });

  it('follows a blob into the store that repositories share, though not out of the cache', async () => {
    const { root, find } = await cacheAt();
    const xet = 'c'.repeat(64);
    write(join(root, 'blobs/cc', xet), BIG);
    link(join(root, 'blobs/cc', xet), join(root, 'models--org--name/blobs', sha256(BIG)));
    expect(await find(BIG)).toBe(`blobs/cc/${xet}`);
    renameSync(join(root, 'blobs/cc', xet), join(root, '../outside'));
    link(join(root, '../outside'), join(root, 'blobs/cc', xet));
    expect(await find(BIG)).toBeUndefined();
  });

  it('may itself be reached through a link', async () => {
    const there = await cacheAt();
    write(join(there.root, 'models--org--name/blobs', sha256(BIG)), BIG);
    const here = join(await tempDir(), 'link');
    symlinkSync(there.root, here);
    expect(await (await cacheAt(here)).find(BIG)).toBe(`models--org--name/blobs/${sha256(BIG)}`);
  });

  it('gives a small file by its path in a snapshot, once its bytes have been read', async () => {
    const { root, read, find } = await cacheAt();
    const other = Buffer.from(SMALL.toString().replace('wan', 'nav'));
    for (const [bytes, commit] of [
      [other, 'b'.repeat(40)],
      [SMALL, COMMIT],
    ] as const) {
      const blob = join(root, 'models--org--name/blobs', gitId(bytes));
      write(blob, bytes);
      link(blob, join(root, 'models--org--name/snapshots', commit, 'sub/config.json'));
    }
    expect(await find(SMALL, { places: place('sub/config.json') })).toBe(`models--org--name/blobs/${gitId(SMALL)}`);
    expect(read).toContain(`models--org--name/blobs/${gitId(SMALL)}`);
    expect(await find(SMALL, { places: place('config.json') })).toBeUndefined();
    expect(await find(Buffer.from('x'.repeat(SMALL.length)), { places: place('sub/config.json') })).toBeUndefined();
  });

  it('without links (Windows) is read by path, whatever its size', async () => {
    const { root, find } = await cacheAt();
    write(join(root, 'models--org--name/snapshots', COMMIT, 'm.safetensors'), BIG);
    expect(await find(BIG, { places: place('m.safetensors') })).toBe(`models--org--name/snapshots/${COMMIT}/m.safetensors`);
  });

  it('is not read where a name tells already that the bytes are other ones', async () => {
    const { root, read, find } = await cacheAt();
    const blob = join(root, 'models--org--name/blobs', 'd'.repeat(64));
    write(blob, BIG);
    link(blob, join(root, 'models--org--name/snapshots', COMMIT, 'm.safetensors'));
    const wanted = Buffer.from('WEIGHTS '.repeat(1000));
    expect(await find(wanted, { places: place('m.safetensors') })).toBeUndefined();
    expect(read).toEqual([]);
  });

  it('has nothing for us where a file was cut, is a folder, or may not be read', async () => {
    const { root, find } = await cacheAt();
    const blob = join(root, 'models--org--name/blobs', sha256(BIG));
    write(blob, BIG);
    truncateSync(blob, 10);
    expect(await find(BIG)).toBeUndefined();
    rmSync(blob);
    mkdirSync(blob);
    expect(await find(BIG)).toBeUndefined();
    writeFileSync(join(root, 'models--a-file'), '');
    symlinkSync('loop', join(root, 'models--loop'));
    symlinkSync('models--loop', join(root, 'loop'));
    expect(await find(BIG)).toBeUndefined();
    if (process.getuid?.() === 0) return;
    chmodSync(root, 0o000);
    expect(await find(BIG)).toBeUndefined();
    chmodSync(root, 0o700);
  });
});

describe('the place of a file in the cache', () => {
  it.each([
    ['hf://org/name', 'a/b', 'models--org--name', 'a/b'],
    ['hf://org/name@v1.0', 'b', 'models--org--name', 'b'],
    ['hf://org/name@refs/pr/1/sub', 'b', 'models--org--name', 'sub/b'],
    ['hf://org/na--me.x/sub/dir/', 'b', 'models--org--na--me.x', 'sub/dir/b'],
    ['hf://datasets/org/name@main/sub', 'b', 'datasets--org--name', 'sub/b'],
  ])('of %s, path %s', (source, path, folder, inRepo) => {
    expect(placeInCache(source, path)).toEqual({ folder, path: inRepo });
  });

  it.each(['s3://org/name', 'hf://name', 'hf://', 'https://huggingface.co/org/name'])('of %s is not known', (source) => {
    expect(placeInCache(source, 'a')).toBeUndefined();
  });
});
