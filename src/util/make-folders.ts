/**
 * A folder with those above it. As `mkdir` with `recursive`, which never ends where the system says of a folder whose parent is there that
 * there is none: so do procfs, and automounters of a name that they do not know.
 */
import { existsSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrno } from '../domain/fs-error.ts';

export async function makeFolders(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    const parent = dirname(path);
    // A drive that is not there is its own parent.
    if (!isErrno(error, 'ENOENT') || parent === path) throw error;
    if (!existsSync(parent)) await makeFolders(parent);
    // Once more: another process may have made the parent in between.
    await makeOne(path);
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (isErrno(error, 'EEXIST') && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
    throw error;
  }
}
