/** Links inside the root are never followed, whoever planted them. The root itself may be a link: its owner chose it. */
import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { ModelError } from '../domain/errors.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import { makeFolders } from '../util/make-folders.ts';

/**
 * Checks every folder from the root down to `path`, the root left out. Folders that do not exist yet are fine.
 * @throws ModelError PATH_UNSAFE naming the link, or the file that is in the way
 */
export async function assertRealDirectory(path: string, root: string): Promise<void> {
  for (const folder of foldersBelow(root, path)) if (!(await isRealDirectory(folder))) return;
}

/**
 * Makes a folder below the root, its missing parents and the root, without passing through a link. Level by level, because
 * the recursive mkdir of Node reports a read-only volume as ENOENT.
 * @returns the folders made, outermost first: their names are durable once their parents are fsynced
 */
export async function makeRealDirectory(path: string, root: string): Promise<readonly string[]> {
  const made: string[] = [];
  for (const folder of foldersBelow(root, path)) {
    if (!(await isRealDirectory(folder))) made.push(...(await makeFolder(folder)));
  }
  return made;
}

/** False where there is nothing yet. */
async function isRealDirectory(folder: string): Promise<boolean> {
  const stats = await lstatOrNothing(folder);
  if (stats?.isSymbolicLink()) throw unsafe(folder, 'is a link: nothing below MODELS_ROOT is reached through one', 'link_in_root');
  if (stats?.isDirectory() === false) throw unsafe(folder, 'is in the way: a folder is needed there', 'not_a_directory');
  return stats !== undefined;
}

async function makeFolder(folder: string): Promise<readonly string[]> {
  try {
    const made = await makeFolders(folder);
    // Somebody was first, with a folder or with a link.
    if (made.length === 0) await isRealDirectory(folder);
    return made;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) await isRealDirectory(folder);
    throw fsError(error, `make the folder ${folder}`);
  }
}

function foldersBelow(root: string, path: string): string[] {
  const below = relative(root, path);
  if (below === '') return [];
  const names = below.split(sep);
  if (names[0] === '..' || join(root, below) !== join(path)) throw unsafe(path, `is not below ${root}`, 'outside_root');
  return names.map((_, index) => join(root, ...names.slice(0, index + 1)));
}

async function lstatOrNothing(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw fsError(error, `look at ${path}`);
  }
}

function unsafe(path: string, what: string, reason: string): ModelError {
  return new ModelError('PATH_UNSAFE', `${path} ${what}`, { reason, details: { path } });
}
