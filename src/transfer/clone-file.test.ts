import { closeSync, constants, copyFileSync, openSync, readFileSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded, sha256Hex } from '../../test/servers/http/fault-server.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { TransferBench } from '../../test/support/transfer-bench.ts';
import { PieceMap } from '../store/piece-map.ts';
import { cloneFile } from './clone-file.ts';

const MB = 1024 * 1024;
const content = seeded(40 * MB + 3, 51);
const sha256 = sha256Hex(content);

async function sourceFolder(): Promise<string> {
  const folder = await tempDir();
  writeFileSync(join(folder, 'a'), content.read(0, content.sizeBytes), { mode: 0o444 });
  return folder;
}

/** Whether files in the folder can share extents. */
function canShare(folder: string): boolean {
  try {
    copyFileSync(join(folder, 'a'), join(folder, 'probe'), constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    return false;
  }
}

const freeBytes = (folder: string): number => {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
};

describe('a local file', () => {
  it('arrives whole, by whatever way its file system has, and keeps the mode of the partial', async () => {
    const folder = await sourceFolder();
    const shares = canShare(folder);
    const bench = await TransferBench.create({ lanes: 'auto', workers: 1, connections: 1 });
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [bench.source(`local://${folder}`, 'a')] });
    const [free, { mode, ino }] = [freeBytes(folder), statSync(file.partial.path)];
    const outcome = await bench.engine.fetch(file);
    expect(outcome).toMatchObject({ sha256, sources: [`local://${folder}`], fetchedBytes: content.sizeBytes });
    expect(statSync(file.partial.path)).toMatchObject({ mode, ino });
    expect([file.onDisk(), file.held()]).toEqual([sha256, content.sizeBytes]);
    if (shares) expect(free - freeBytes(folder)).toBeLessThan(content.sizeBytes / 2);
  });

  it('is copied where sharing is not wanted', async () => {
    const folder = await sourceFolder();
    const bench = await TransferBench.create({ localLink: 'copy' });
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [bench.source(`local://${folder}`, 'a')] });
    expect(await bench.engine.fetch(file)).toMatchObject({ sha256 });
  });
});

describe('cloneFile', () => {
  it('leaves the partial as it was where it cannot clone: in its place, empty, of its size', async () => {
    const bench = await TransferBench.create();
    const { partial } = await bench.file({ sizeBytes: 5000, sha256, sources: [] });
    expect(await cloneFile('/dev/null', partial)).toBeUndefined();
    expect(statSync(partial.path).size).toBe(5000);
    expect(readFileSync(partial.path).every((byte) => byte === 0)).toBe(true);
    expect(new PieceMap(partial.pieces).heldBytes()).toBe(0);
    closeSync(openSync(partial.path, 'r+'));
  });
});
