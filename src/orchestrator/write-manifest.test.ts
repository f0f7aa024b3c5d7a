import { chmod, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { replaceFile } from './write-manifest.ts';

describe('replaceFile', () => {
  const place = async (text: string) => {
    const folder = await tempDir();
    const path = join(folder, 'models.toml');
    await writeFile(path, text);
    return { folder, path, before: Buffer.from(text) };
  };

  it('replaces the file whole, and keeps its mode', async () => {
    const { folder, path, before } = await place('old');
    await chmod(path, 0o664);
    expect(await replaceFile({ path, before, text: 'new' })).toBe(true);
    expect(await readFile(path, 'utf8')).toBe('new');
    expect((await stat(path)).mode & 0o777).toBe(0o664);
    expect(await readdir(folder)).toEqual(['models.toml']);
  });

  it('leaves alone what is there already', async () => {
    const { path, before } = await place('same');
    const { mtimeMs, ino } = await stat(path);
    expect(await replaceFile({ path, before, text: 'same' })).toBe(false);
    expect(await stat(path)).toMatchObject({ mtimeMs, ino });
  });

  it('writes over nothing that somebody else has written meanwhile', async () => {
    const { folder, path, before } = await place('old');
    await writeFile(path, 'by hand');
    await expect(replaceFile({ path, before, text: 'new' })).rejects.toMatchObject({ code: 'CONCURRENT_MODIFICATION' });
    await expect(replaceFile({ path, before: undefined, text: 'new' })).rejects.toMatchObject({ code: 'CONCURRENT_MODIFICATION' });
    expect(await readFile(path, 'utf8')).toBe('by hand');
    expect(await readdir(folder)).toEqual(['models.toml']);
  });

  it('clears what a killed writer left an hour ago, and nothing else', async () => {
    const { folder, path, before } = await place('old');
    const names = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'].map(
      (uuid) => `.models.toml.${uuid}.tmp`,
    );
    for (const name of [...names, '.models.toml.mine.tmp']) await writeFile(join(folder, name), 'half');
    const old = new Date(Date.now() - 2 * 3_600_000);
    for (const name of [names[0] ?? '', '.models.toml.mine.tmp']) await utimes(join(folder, name), old, old);
    await replaceFile({ path, before, text: 'new' });
    expect((await readdir(folder)).sort()).toEqual([names[1], '.models.toml.mine.tmp', 'models.toml'].sort());
  });

  it('makes a file that is not there yet', async () => {
    const path = join(await tempDir(), 'models.lock');
    expect(await replaceFile({ path, before: undefined, text: 'new' })).toBe(true);
    expect(await readFile(path, 'utf8')).toBe('new');
  });

  it('follows a link, which stays one', async () => {
    const { folder, path, before } = await place('old');
    const link = join(folder, 'link.toml');
    await symlink(path, link);
    await replaceFile({ path: link, before, text: 'new' });
    expect(await readFile(path, 'utf8')).toBe('new');
    expect((await readdir(folder, { withFileTypes: true })).find(({ name }) => name === 'link.toml')?.isSymbolicLink()).toBe(true);
  });
});
