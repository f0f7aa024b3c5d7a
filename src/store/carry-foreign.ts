/** What people laid into a published directory is theirs: a new generation takes it along. */
import { copyFile, link, lstat, readlink, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ModelError } from '../domain/errors.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import type { StoreContext } from './context.ts';
import { makeDirectory, syncDirectory } from './durable.ts';
import { foreignFiles, ownPaths } from './foreign-files.ts';
import { readSnapshot } from './snapshots.ts';

/** Neither of these can be linked on every volume; a copy of somebody's file is still their file. */
const NO_HARD_LINK = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'] as const;

/**
 * Files and links of one directory that no record of either names get a second name in the other one.
 * @throws ModelError PATH_UNSAFE where one of them cannot: nothing of theirs is given up
 */
export async function carryForeign(context: StoreContext, from: string, to: string): Promise<void> {
  const [old, now] = [readSnapshot(context, from), readSnapshot(context, to)];
  const files = new Set(now?.files.map(({ path }) => path));
  const named = new Set<string>();
  for (const path of foreignFiles(from, ownPaths(old, now))) {
    const inTheWay = parentsOf(path).find((parent) => files.has(parent));
    if (inTheWay !== undefined) throw notCarried(join(from, inTheWay), 'is in the way: a file of the model belongs there');
    const destination = join(to, path);
    await makeDirectory(context, dirname(destination));
    if (await nameAgain(join(from, path), destination)) named.add(dirname(destination));
  }
  for (const folder of named) await syncDirectory(folder);
}

const parentsOf = (path: string): string[] => path.split('/').map((_, at, names) => names.slice(0, at).join('/'));

/** @returns false where there is nothing to be named any more, or it has its name there already */
async function nameAgain(from: string, to: string): Promise<boolean> {
  try {
    if ((await lstat(from)).isSymbolicLink()) await symlink(await readlink(from), to);
    else await linkOrCopy(from, to);
    return true;
  } catch (error) {
    // What has bytes in its name that are no UTF-8 is not found by what was read of it.
    if (isErrno(error, 'ENOENT') && from.includes('\ufffd')) throw notCarried(from, 'cannot be taken along: its name is not UTF-8');
    if (!isErrno(error, 'ENOENT', 'EEXIST')) throw fsError(error, `take ${from} along`);
    return false;
  }
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!isErrno(error, ...NO_HARD_LINK)) throw error;
    await copyFile(from, to);
  }
}

const notCarried = (path: string, what: string): ModelError =>
  new ModelError('PATH_UNSAFE', `${path} ${what}`, {
    reason: 'foreign_in_the_way',
    hint: 'it is none of the files of the model: move it elsewhere, then run the same command again',
    details: { path },
  });
