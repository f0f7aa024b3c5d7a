import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../domain/fs-error.ts';

/** No writer takes this long from a file's last byte to its rename. */
const ABANDONED_MS = 3600_000;

/**
 * Removes what writers left in a folder, and in those below it, that died before their rename. Links are not followed.
 * @param isOurs by the file's name alone: others' files are not looked at
 */
export async function sweepAbandoned(directory: string, isOurs: (name: string) => boolean): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !isOurs(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    try {
      if (Date.now() - (await stat(path)).mtimeMs > ABANDONED_MS) await rm(path, { force: true });
    } catch (error) {
      // Its writer has just renamed it.
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  }
}
