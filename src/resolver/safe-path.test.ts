import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertRealDirectory, makeRealDirectory } from './safe-path.ts';

let base: string;
let root: string;
beforeEach(async () => {
  base = await mkdtemp(join(await realpath(tmpdir()), 'wan-safe-'));
  root = join(base, 'root');
});
afterEach(() => rm(base, { recursive: true, force: true }));

describe('folders below the root', () => {
  it('are made with the root and every parent, and the new ones are named', async () => {
    const path = join(root, 'wan22', 'x@1.0.0');
    expect(await makeRealDirectory(path, root)).toEqual([root, join(root, 'wan22'), path]);
    expect(await makeRealDirectory(path, root)).toEqual([]);
    await assertRealDirectory(path, root);
  });

  it('made by many at once, all find them', async () => {
    const path = join(root, 'a', 'b', 'c');
    await Promise.all(Array.from({ length: 20 }, () => makeRealDirectory(path, root)));
    expect((await stat(path)).isDirectory()).toBe(true);
  });

  it('a link planted among them is named and not followed, wherever it leads', async () => {
    await mkdir(join(base, 'outside', 'deep'), { recursive: true });
    await mkdir(root);
    const link = join(root, 'wan22');
    await symlink(join(base, 'outside'), link);
    const refusal = { code: 'PATH_UNSAFE', reason: 'link_in_root', details: { path: link } };
    await expect(assertRealDirectory(join(link, 'deep'), root)).rejects.toMatchObject(refusal);
    await expect(makeRealDirectory(join(link, 'new'), root)).rejects.toMatchObject(refusal);
    await expect(stat(join(base, 'outside', 'new'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('a link to a folder inside the root, or to nothing, is refused as well', async () => {
    await mkdir(join(root, 'real'), { recursive: true });
    await symlink(join(root, 'real'), join(root, 'alias'));
    await symlink(join(root, 'nothing'), join(root, 'dangling'));
    for (const name of ['alias', 'dangling']) {
      await expect(assertRealDirectory(join(root, name), root)).rejects.toMatchObject({ reason: 'link_in_root' });
      await expect(makeRealDirectory(join(root, name, 'x'), root)).rejects.toMatchObject({ reason: 'link_in_root' });
    }
  });

  it('the root itself may be a link', async () => {
    await mkdir(join(base, 'disk'));
    await symlink(join(base, 'disk'), root);
    await makeRealDirectory(join(root, 'wan22'), root);
    await assertRealDirectory(join(root, 'wan22'), root);
  });

  it('a link planted between the look and the making is not followed', async () => {
    const outside = join(base, 'outside');
    await mkdir(outside);
    for (let round = 0; round < 50; round++) {
      const own = join(base, String(round));
      mkdirSync(own);
      const making = makeRealDirectory(join(own, 'wan22', 'x'), own);
      // The look runs on another thread meanwhile; what comes after it waits for this one.
      for (const begun = performance.now(); performance.now() - begun < 1; );
      symlinkSync(outside, join(own, 'wan22'));
      await expect(making).rejects.toMatchObject({ code: 'PATH_UNSAFE', reason: 'link_in_root' });
      expect(readdirSync(outside)).toEqual([]);
    }
  });

  it('a file in the way is named', async () => {
    await mkdir(root);
    await writeFile(join(root, 'wan22'), '');
    await expect(makeRealDirectory(join(root, 'wan22', 'x'), root)).rejects.toMatchObject({
      code: 'PATH_UNSAFE',
      reason: 'not_a_directory',
    });
  });

  it('what is not below the root is refused', async () => {
    await expect(assertRealDirectory(base, root)).rejects.toMatchObject({ reason: 'outside_root' });
    await expect(assertRealDirectory(join(base, 'root2'), root)).rejects.toMatchObject({ reason: 'outside_root' });
  });
});
