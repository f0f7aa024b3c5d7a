import { linkSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { isErrno } from '../domain/fs-error.ts';
import { linkOut } from './link-out.ts';

/** ext4 allows 65,000 names of a file. */
const MOST = 66_000;

it('copies a file that has all the names it can have, and links the next one all the same', async ({ skip }) => {
  const folder = await tempDir();
  const [full, other] = [join(folder, 'full'), join(folder, 'other')];
  for (const path of [full, other]) writeFileSync(path, 'bytes');
  mkdirSync(join(folder, 'names'));
  skip(!hasAllNames(full, join(folder, 'names')), 'this volume sets no such bound');
  // Of a volume with reflinks neither is a link.
  const way = await linkOut(full, join(folder, 'second of full'));
  expect(way).not.toBe('hardlink');
  expect(await linkOut(other, join(folder, 'second of other'))).toBe(way === 'reflink' ? 'reflink' : 'hardlink');
  expect(statSync(full).nlink).toBeGreaterThan(1000);
});

function hasAllNames(path: string, names: string): boolean {
  try {
    for (let count = 0; count < MOST; count++) linkSync(path, join(names, String(count)));
    return false;
  } catch (error) {
    if (isErrno(error, 'EMLINK')) return true;
    throw error;
  }
}
