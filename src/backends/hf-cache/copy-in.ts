/** Bytes of the store -> a new file of the cache, whole or not at all under its name. */
import { constants } from 'node:fs';
import { chmod, copyFile, open, rename, rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ModelError } from '../../domain/errors.ts';
import { isErrno } from '../../domain/fs-error.ts';

/** What a file system answers that cannot share extents between the two. */
const UNSHARED = ['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV', 'EINVAL', 'ENOTTY', 'EPERM'] as const;

export interface CopyIn {
  readonly source: string;
  /** On the cache's volume, for the time of the copy: a name by which `hf cache prune` knows what a killed process leaves. */
  readonly temporary: string;
  /** What has this name is replaced. */
  readonly destination: string;
  readonly sizeBytes: number;
  /** Free space that a copy must leave on the volume. */
  readonly spareBytes: number;
}

/**
 * A reflink, else a copy; never a hard link, by which a reader of the cache could write to the store.
 * @throws ModelError NO_SPACE; errors of the file system
 */
export async function copyIn({ source, temporary, destination, sizeBytes, spareBytes }: CopyIn): Promise<void> {
  try {
    const mode = await modeOfNewFile(temporary);
    if (!(await isShared(source, temporary))) {
      await checkSpace(dirname(temporary), sizeBytes + spareBytes);
      await copyFile(source, temporary, constants.COPYFILE_EXCL);
    }
    await chmod(temporary, mode);
    await sync(temporary);
    await rename(temporary, destination);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** A copy has its source's mode; the cache is the user's, and its files have the mode of all that they make. */
async function modeOfNewFile(path: string): Promise<number> {
  const handle = await open(path, 'wx');
  const { mode } = await handle.stat().finally(() => handle.close());
  await rm(path);
  return mode & 0o777;
}

async function isShared(source: string, destination: string): Promise<boolean> {
  try {
    await copyFile(source, destination, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    if (!isErrno(error, ...UNSHARED)) throw error;
    return false;
  }
}

async function checkSpace(folder: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < neededBytes)
    throw new ModelError('NO_SPACE', `the volume of ${folder} has no room for ${neededBytes} bytes`, {
      details: { needed_bytes: neededBytes },
    });
}

/** The Hub's client believes a blob by its name: it must not be found empty after a power loss. */
async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  await handle.sync().finally(() => handle.close());
}
