/**
 * A folder with those above it. As `mkdir` with `recursive`, which never ends where the system says of a folder whose parent is there that
 * there is none: so do procfs, and automounters of a name that they do not know.
 */
import { existsSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrno } from '../domain/fs-error.ts';

/**
 * @param mode of those that are made
 * @returns the folders made, outermost first; none where it is there already
 */
export async function makeFolders(path: string, mode?: number): Promise<readonly string[]> {
  try {
    return await makeOne(path, mode);
  } catch (error) {
    const parent = dirname(path);
    // A drive that is not there is its own parent.
    if (!isErrno(error, 'ENOENT') || parent === path) throw error;
    const above = existsSync(parent) ? [] : await makeFolders(parent, mode);
    // Once more: another process may have made the parent in between.
    return [...above, ...(await makeOne(path, mode))];
  }
}

async function makeOne(path: string, mode: number | undefined): Promise<readonly string[]> {
  try {
    await mkdir(path, mode);
    return [path];
  } catch (error) {
    if (isErrno(error, 'EEXIST') && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return [];
    throw error;
  }
}
