/** Making directory entries survive power loss. */
import { lstatSync, type OpenMode } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fsError, isErrno } from '../domain/fs-error.ts';
import { makeRealDirectory } from '../resolver/safe-path.ts';
import type { StoreContext } from './context.ts';

/** Errors by which a platform says that what was opened for reading cannot be fsynced; it is then as durable as it gets. */
const NO_READER_SYNC = ['EISDIR', 'EPERM', 'EACCES', 'EBADF', 'EINVAL', 'ENOTSUP'] as const;

/** Fsyncs a folder, so that the names made, moved or removed in it survive power loss. */
export const syncDirectory = (path: string): Promise<void> => syncPath(path);

/** Fsyncs what has this name, a file that may be read-only too: an open for reading is enough, except on Windows. */
export async function syncPath(path: string): Promise<void> {
  try {
    await withFile(path, 'r', (handle) => handle.sync());
  } catch (error) {
    if (process.platform === 'win32' && isErrno(error, ...NO_READER_SYNC)) return;
    throw fsError(error, `fsync ${path}`);
  }
}

/** Folders found to be reached through no link, for the life of the process: what is planted later meets O_NOFOLLOW and lstat. */
const realDirectories = new Set<string>();

/**
 * Makes a folder of the store and its missing parents, each durable in its parent. Cheap where it exists.
 * @throws ModelError PATH_UNSAFE where a link was planted on the way.
 */
export async function makeDirectory(context: StoreContext, path: string): Promise<void> {
  if (realDirectories.has(path) && lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  for (const made of await makeRealDirectory(path, context.resolver.root)) await syncDirectory(dirname(made));
  realDirectories.add(path);
}

export async function withFile<T>(path: string, mode: OpenMode, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(path, mode as string);
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}
