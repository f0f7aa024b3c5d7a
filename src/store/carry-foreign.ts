/** What people laid into a published directory is theirs: a new generation takes it along. */
import { readdirSync } from 'node:fs';
import { copyFile, link, lstat, readlink, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fsError, isErrno } from '../domain/fs-error.ts';
import { pathFault } from '../domain/path-rules.ts';
import type { StoreContext } from './context.ts';
import { makeDirectory, syncDirectory } from './durable.ts';
import { VERIFIED_FILE } from './snapshot-record.ts';
import { readSnapshot } from './snapshots.ts';

/** Neither of these can be linked on every volume; a copy of somebody's file is still their file. */
const NO_HARD_LINK = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'] as const;

/** Files and links of the old directory that no record names get a second name in the staged one. Call before publishing. */
export async function carryForeign(context: StoreContext, published: string, staged: string): Promise<string[]> {
  const ours = new Set([VERIFIED_FILE, ...pathsIn(context, published), ...pathsIn(context, staged)]);
  const foreign = namesBelow(published).filter((path) => !ours.has(path) && pathFault(path) === undefined);
  for (const path of foreign) {
    const destination = context.resolver.modelFile(staged, path);
    await makeDirectory(context, dirname(destination));
    await nameAgain(context.resolver.modelFile(published, path), destination);
    await syncDirectory(dirname(destination));
  }
  return foreign;
}

const pathsIn = (context: StoreContext, directory: string): string[] =>
  (readSnapshot(context, directory)?.files ?? []).map((file) => file.path);

function namesBelow(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
    const names = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink());
    return names.map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(directory.length + 1)
        .replaceAll('\\', '/'),
    );
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw fsError(error, `list ${directory}`);
  }
}

async function nameAgain(from: string, to: string): Promise<void> {
  try {
    if ((await lstat(from)).isSymbolicLink()) await symlink(await readlink(from), to);
    else await linkOrCopy(from, to);
  } catch (error) {
    // Gone meanwhile, or the staged directory has a file of that name: nothing to carry.
    if (!isErrno(error, 'ENOENT', 'EEXIST')) throw fsError(error, `take ${from} along`);
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
