import { closeSync, mkdirSync, openSync, readFileSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { describeOnSmallDisk, smallDisk } from '../../test/support/small-disk.ts';
import { writeWhole } from './write-whole.ts';

const BLOCK = 4096;

describeOnSmallDisk('writing on a volume with room for a part of it', () => {
  it('fails, where a single write says nothing', async () => {
    const folder = dirname(await smallDisk(64 * BLOCK));
    mkdirSync(join(folder, 'x'));
    const { bavail, bsize } = statfsSync(folder);
    writeFileSync(join(folder, 'ballast'), Buffer.alloc(bavail * bsize - 2 * BLOCK));
    const path = join(folder, 'x', 'file');
    const fd = openSync(path, 'w');
    const bytes = Buffer.alloc(5 * BLOCK, 7);
    expect(writeSync(fd, bytes, 0, bytes.length, 0)).toBe(2 * BLOCK);
    expect(() => writeWhole(fd, bytes, 0)).toThrow('ENOSPC');
    writeWhole(fd, bytes.subarray(0, 2 * BLOCK), 0);
    closeSync(fd);
    expect(readFileSync(path).equals(bytes.subarray(0, 2 * BLOCK))).toBe(true);
  });
});
