import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { TAR_END_BYTES, tarHeader, tarPaddingBytes } from './tar.ts';

const GIB = 2 ** 30;

describe.skipIf(process.platform === 'win32')('tar headers', () => {
  it('list as any tar does, also beyond the 8 GiB of its old form', async () => {
    for (const sizeBytes of [0, 511, 512, 513, 8 * GIB - 1, 8 * GIB, 300 * GIB + 1]) {
      const file = join(await tempDir(), 'x.tar');
      const header = tarHeader({ path: 'blobs/sha256/abc', sizeBytes });
      expect(header.length % 512).toBe(0);
      writeFileSync(file, header);
      // Sparse: nothing is written but the header.
      truncateSync(file, header.length + sizeBytes + tarPaddingBytes(sizeBytes) + TAR_END_BYTES);
      expect(execFileSync('tar', ['tvf', file], { encoding: 'utf8' })).toMatch(
        new RegExp(`^-rw-r--r-- 0/0 +${sizeBytes} .* blobs/sha256/abc\n$`),
      );
    }
  });

  it('are those of GNU tar, to the byte', async () => {
    const folder = await tempDir();
    const path = 'blobs/sha256/0123456789abcdef';
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), 'abc');
    utimesSync(join(folder, path), 0, 0);
    const archive = join(folder, 'x.tar');
    const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mode=0644'];
    execFileSync('tar', ['cf', archive, '-C', folder, '--format=ustar', ...owner, path]);
    const theirs = readFileSync(archive).subarray(0, 512);
    // Where there is no device GNU writes zeros, and we nothing: both are read alike.
    const ours = tarHeader({ path, sizeBytes: 3 });
    const without = (header: Buffer) => [header.subarray(0, 148), header.subarray(156, 329)].map((part) => part.toString('latin1'));
    expect(without(ours)).toEqual(without(theirs));
  });

  it('refuse a name that has no room, or is not plain', () => {
    expect(() => tarHeader({ path: 'x'.repeat(101), sizeBytes: 1 })).toThrow('not a name');
    expect(() => tarHeader({ path: 'ü', sizeBytes: 1 })).toThrow('not a name');
  });
});
