import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { sampledGain } from './compressible.ts';
import { hashPacked, packFile } from './packed-blob.ts';
import { FRAME_BYTES, plainBytes, readSeekTable } from './seekable-zstd.ts';

const signal = new AbortController().signal;
const call = { signal, atOnce: 2 };

/** Half of it repeats, half does not. */
function mixed(sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes, 'the same words again and again. ');
  for (let at = 0; at < sizeBytes; at += 64 * 1024) randomBytes(32 * 1024).copy(bytes, at);
  return bytes;
}

async function packed(plain: Buffer): Promise<{ path: string; from: string; storedBytes: number }> {
  const directory = await tempDir();
  const [from, path] = [join(directory, 'plain'), join(directory, 'packed')];
  await writeFile(from, plain);
  const handle = await open(path, 'wx');
  const { storedBytes } = await packFile(from, handle, call).finally(() => handle.close());
  return { path, from, storedBytes };
}

async function read(path: string, offset: number, end: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of plainBytes(path, await readSeekTable(path), { offset, end, ...call })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('compressed blobs', () => {
  it.each([0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES - 5])(
    'of %d bytes come back bit by bit',
    async (sizeBytes) => {
      const plain = mixed(sizeBytes);
      const { path, storedBytes } = await packed(plain);
      expect(storedBytes).toBe((await stat(path)).size);
      expect((await read(path, 0, sizeBytes)).equals(plain)).toBe(true);
      for (const [offset, end] of [
        [0, 1],
        [FRAME_BYTES - 2, FRAME_BYTES + 2],
        [sizeBytes - 3, sizeBytes],
      ] as const) {
        if (offset >= 0 && end <= sizeBytes) expect((await read(path, offset, end)).equals(plain.subarray(offset, end))).toBe(true);
      }
    },
  );

  it('are zstd to every other tool', async () => {
    const plain = mixed(2 * FRAME_BYTES + 100);
    const { path } = await packed(plain);
    const bytes = await readFile(path);
    const { frames } = await readSeekTable(path);
    expect(Buffer.concat(frames.map(({ at, storedBytes }) => zstdDecompressSync(bytes.subarray(at, at + storedBytes)))).equals(plain)).toBe(
      true,
    );
    const zstd = spawnSync('zstd', ['-dcq', path], { maxBuffer: 64 * 1024 * 1024 });
    if (zstd.error === undefined) expect(zstd.stdout.equals(plain)).toBe(true);
  });

  it('with a bit flipped anywhere are told from right ones', async () => {
    const plain = mixed(FRAME_BYTES + 1000);
    const { path } = await packed(plain);
    const bytes = await readFile(path);
    const sha256 = await hashPacked(path, call);
    // A frame header may say the same in two ways: what counts is what comes out.
    for (const at of [0, 1000, bytes.length >> 1, bytes.length - 40, bytes.length - 20, bytes.length - 12, bytes.length - 1]) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      await writeFile(path, flipped);
      const found = await hashPacked(path, call).catch((error: unknown) => error);
      expect(found, `byte ${at}`).not.toBe(sha256);
      if (typeof found !== 'string')
        expect(found, `byte ${at}`).toMatchObject({ code: expect.stringMatching(/CHECKSUM_FAIL|FORMAT_INVALID/) });
    }
  });

  it.each([
    ['cut', (bytes: Buffer) => bytes.subarray(0, bytes.length - 1)],
    ['empty', () => Buffer.alloc(0)],
    ['of other bytes', () => randomBytes(5000)],
    [
      'with a table of four billion frames',
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -9), Buffer.from('ffffffff00b1ea928f', 'hex')]),
    ],
  ])('that are %s are refused', async (_, spoil) => {
    const { path } = await packed(mixed(10_000));
    await writeFile(path, spoil(await readFile(path)));
    await expect(readSeekTable(path)).rejects.toMatchObject({ code: 'FORMAT_INVALID' });
  });

  it('that decode to more than their table says are stopped there', async () => {
    const { path } = await packed(Buffer.alloc(FRAME_BYTES, 7));
    const bytes = await readFile(path);
    bytes.writeUInt32LE(1000, bytes.length - 9 - 4);
    await writeFile(path, bytes);
    await expect(read(path, 0, 1000)).rejects.toMatchObject({ code: 'CHECKSUM_FAIL', reason: 'tier_blob_bad' });
  });
});

describe('a sample', () => {
  it('tells what gains from what does not', async () => {
    const path = join(await tempDir(), 'file');
    await writeFile(path, randomBytes(12 * 1024 * 1024));
    expect(await sampledGain(path, 12 * 1024 * 1024)).toBeLessThan(0.01);
    await writeFile(path, mixed(12 * 1024 * 1024));
    expect(await sampledGain(path, 12 * 1024 * 1024)).toBeGreaterThan(0.4);
    await writeFile(path, '');
    expect(await sampledGain(path, 0)).toBe(0);
  });
});
