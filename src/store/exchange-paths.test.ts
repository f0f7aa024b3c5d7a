import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exchangePaths } from './exchange-paths.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'wan-exchange-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('exchanging two names', () => {
  it('swaps two folders that are not empty, or says that it cannot and changes nothing', async () => {
    const [a, b] = [join(root, 'a'), join(root, 'b')];
    for (const folder of [a, b]) await mkdir(folder);
    await writeFile(join(a, 'one'), '');
    await writeFile(join(b, 'two'), '');
    const exchanged = await exchangePaths(a, b);
    expect([await readdir(a), await readdir(b)]).toEqual(exchanged ? [['two'], ['one']] : [['one'], ['two']]);
  });

  it.skipIf(process.platform === 'win32')('a missing name is an error, not "cannot"', async () => {
    await expect(exchangePaths(join(root, 'none'), root)).rejects.toMatchObject({ code: 'FILESYSTEM_ERROR', details: { errno: 'ENOENT' } });
  });
});
