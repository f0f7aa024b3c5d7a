/** Making what has a name survive power loss. */
import { open } from 'node:fs/promises';
import { fsError, isErrno } from '../domain/fs-error.ts';

/** Errors by which a platform says that what was opened for reading cannot be fsynced; it is then as durable as it gets. */
const NO_READER_SYNC = ['EISDIR', 'EPERM', 'EACCES', 'EBADF', 'EINVAL', 'ENOTSUP'] as const;

/** Fsyncs a folder, so that the names made, moved or removed in it survive power loss. */
export const syncDirectory = (path: string): Promise<void> => syncPath(path);

/** Fsyncs what has this name, a file that may be read-only too: an open for reading is enough, except on Windows. */
export async function syncPath(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (process.platform === 'win32' && isErrno(error, ...NO_READER_SYNC)) return;
    throw fsError(error, `fsync ${path}`);
  }
}
