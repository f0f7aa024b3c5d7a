import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { makeFolders } from './make-folders.ts';

it('makes a folder and those above it, and is content with one that is there, whoever else makes it', async () => {
  const path = join(await tempDir(), 'a', 'b', 'c');
  const made = await Promise.all(Array.from({ length: 8 }, () => makeFolders(path, 0o700)));
  const parents = [join(path, '..', '..'), join(path, '..')];
  expect([made.flat().toSorted(), await makeFolders(path)]).toEqual([[...parents, path], []]);
  expect([statSync(path).mode & 0o777, statSync(join(path, '..')).mode & 0o777]).toEqual([0o700, 0o700]);
});

it('refuses a file in its place, and in the place of one above it', async () => {
  const file = join(await tempDir(), 'file');
  writeFileSync(file, '');
  await expect(makeFolders(file)).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeFolders(join(file, 'a', 'b'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

it.runIf(process.platform === 'linux')('ends where the system takes no folder though the parent is there', async () => {
  for (const path of ['/proc/no-such-folder', '/proc/no-such-folder/models'])
    await expect(makeFolders(path)).rejects.toMatchObject({ code: 'ENOENT' });
});
