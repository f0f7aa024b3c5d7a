/** Making directory entries survive power loss. */
import { lstatSync, type OpenMode } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeRealDirectory } from '../resolver/safe-path.ts';
import { syncDirectory } from '../util/sync-path.ts';
import type { StoreContext } from './context.ts';

export { syncDirectory, syncPath } from '../util/sync-path.ts';

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
