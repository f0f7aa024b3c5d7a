import { createHash } from 'node:crypto';
import { readdirSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded, sha256Hex } from '../../test/servers/http/fault-server.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { type HashOptions, hashFile, hashFiles } from './hash-file.ts';

const MB = 1024 * 1024;

describe('hashFiles', () => {
  it('hashes small files where it stands and big ones on threads, in the order asked for', async () => {
    const folder = await tempDir();
    const contents = [seeded(0, 1), seeded(777, 2), seeded(40 * MB, 3), seeded(33 * MB + 5, 4)];
    const paths = contents.map((content, at) => {
      const path = join(folder, String(at));
      writeFileSync(path, content.read(0, content.sizeBytes));
      return path;
    });
    const progress: number[] = [];
    const hashed = await hashFiles(paths, { onProgress: (doneBytes) => progress.push(doneBytes) });
    expect(hashed.map(({ sha256, sizeBytes }) => [sha256, sizeBytes])).toEqual(
      contents.map((content) => [sha256Hex(content), content.sizeBytes]),
    );
    expect(progress.at(-1)).toBe(73 * MB + 782);
    expect(await hashFile(paths[1] ?? '')).toMatchObject({ sha256: sha256Hex(seeded(777, 2)), sizeBytes: 777 });
  });

  it('makes leaves', async () => {
    const path = join(await tempDir(), 'a');
    const bytes = Buffer.from(seeded(17 * MB, 5).read(0, 17 * MB));
    writeFileSync(path, bytes);
    const { leaves = new Uint8Array() } = await hashFile(path, { leaves: true });
    const expected = [bytes.subarray(0, 16 * MB), bytes.subarray(16 * MB)].map((leaf) => createHash('sha256').update(leaf).digest('hex'));
    expect(Buffer.from(leaves).toString('hex')).toBe(expected.join(''));
  });

  it('hashes parts of files, on threads where there are many, and what lies beyond the end is left out', async () => {
    const path = join(await tempDir(), 'a');
    const bytes = Buffer.from(seeded(70 * MB, 6).read(0, 70 * MB));
    writeFileSync(path, bytes);
    const parts = [0, 16, 32, 48, 64].map((at) => ({ path, offset: at * MB, length: 16 * MB }));
    const told: number[] = [];
    const hashed = await hashFiles(parts, { onHashed: (index) => told.push(index) });
    const expected = parts.map(({ offset, length }) =>
      createHash('sha256')
        .update(bytes.subarray(offset, offset + length))
        .digest('hex'),
    );
    expect(hashed.map(({ sha256 }) => sha256)).toEqual(expected);
    expect(hashed.map(({ sizeBytes }) => sizeBytes / MB)).toEqual([16, 16, 16, 16, 6]);
    expect(told.sort()).toEqual([0, 1, 2, 3, 4]);
  });

  it('reads no faster than it may', async () => {
    const path = join(await tempDir(), 'a');
    writeFileSync(path, Buffer.alloc(3 * MB));
    const started = performance.now();
    await hashFiles([path, { path, offset: 0, length: MB }], { limitRateBytesPerSecond: 8 * MB });
    expect(performance.now() - started).toBeGreaterThan(400);
  });

  it('names a file that cannot be read', async () => {
    const path = join(await tempDir(), 'none');
    await expect(hashFile(path)).rejects.toMatchObject({ code: 'FILESYSTEM_ERROR', message: expect.stringContaining(path) });
  });

  it('stops when told to', async () => {
    const path = join(await tempDir(), 'sparse');
    writeFileSync(path, '');
    truncateSync(path, 2000 * MB);
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    await expect(hashFile(path, { signal: abort.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(hashFile(path, { signal: abort.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  describe.runIf(process.platform === 'linux')('on each of two threads', () => {
    /** How many of eight large files are open at once; stops as soon as it has seen `enough`. */
    async function openAtOnce(enough: number, options: HashOptions): Promise<number> {
      const folder = await tempDir();
      const paths = Array.from({ length: 8 }, (_, at) => join(folder, String(at)));
      for (const path of paths) {
        writeFileSync(path, '');
        truncateSync(path, 4000 * MB);
      }
      const open = () => readdirSync('/proc/self/fd').filter((fd) => linkOf(fd).startsWith(folder)).length;
      const abort = new AbortController();
      let most = 0;
      const onProgress = () => {
        most = Math.max(most, open());
        if (most >= enough) abort.abort();
      };
      await expect(hashFiles(paths, { ...options, workers: 2, signal: abort.signal, onProgress })).rejects.toMatchObject({
        code: 'CANCELLED',
      });
      return most;
    }

    it('takes four at a time where the CPU has no instructions for sha256', async () => {
      expect(await openAtOnce(8, { hasShaInstructions: () => false })).toBe(8);
    });

    it('takes one at a time where it has some, or the rate is limited', async () => {
      expect(await openAtOnce(2, { hasShaInstructions: () => true })).toBe(2);
      expect(await openAtOnce(2, { hasShaInstructions: () => false, limitRateBytesPerSecond: 4000 * MB })).toBe(2);
    });

    it('tells each digest of files that are hashed four at a time, and which of them cannot be read', async () => {
      const folder = await tempDir();
      const contents = [20, 17, 18, 24, 16, 19, 17].map((megabytes, seed) => seeded(megabytes * MB + 77 * seed, seed));
      const paths = contents.map((content, at) => {
        const path = join(folder, String(at));
        writeFileSync(path, content.read(0, content.sizeBytes));
        return path;
      });
      const unreadable = { path: '/proc/self/mem', offset: 0, length: 24 * MB };
      const failed: [number, unknown][] = [];
      const told: number[] = [];
      const progress: number[] = [];
      const hashed = await hashFiles([...paths.slice(0, 2), unreadable, ...paths.slice(2)], {
        workers: 2,
        hasShaInstructions: () => false,
        leaves: (file) => file === paths[3],
        onFailed: (index, { code, details }) => failed.push([index, `${code} ${details.errno}`]),
        onHashed: (index) => told.push(index),
        onProgress: (doneBytes) => progress.push(doneBytes),
      });
      expect(hashed[2]).toBeUndefined();
      const read = hashed.toSpliced(2, 1);
      expect(read.map(({ sha256 }) => sha256)).toEqual(contents.map(sha256Hex));
      expect(read.map(({ leaves }) => leaves?.length)).toEqual(contents.map((_, at) => (at === 3 ? 64 : undefined)));
      expect(failed).toEqual([[2, 'FILESYSTEM_ERROR EIO']]);
      expect(told.sort()).toEqual([0, 1, 3, 4, 5, 6, 7]);
      expect(progress.at(-1)).toBe(contents.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
    });
  });
});

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return 'closed';
  }
}
