/** Opens and describes regular files, and only those. */
import type { BigIntStats } from 'node:fs';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { ModelError } from '../../domain/errors.ts';
import { fsError, isErrno } from '../../domain/fs-error.ts';
import { fileNotFound } from '../file-faults.ts';

export interface OpenLocalFile {
  readonly handle: FileHandle;
  readonly stats: BigIntStats;
}

/**
 * Links are followed wherever they lead: caches keep their files elsewhere and link to them, and reading is all that is done.
 * @throws ModelError SOURCE_UNAVAILABLE (not_found, not_a_file), PERMISSION_DENIED, …
 */
export async function openFile(path: string): Promise<OpenLocalFile> {
  // Without O_NONBLOCK the opening of a FIFO waits for a writer, for ever.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((error: unknown) => {
    throw openError(error, path);
  });
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) throw notAFile(path);
    return { handle, stats };
  } catch (error) {
    await handle.close();
    throw fsError(error, `read ${path}`);
  }
}

/** Equal means: the same bytes, unless somebody set the clock of the file back. */
export const validatorOf = (stats: BigIntStats): string => `${stats.mtimeNs}-${stats.size}-${stats.ino}`;

function openError(error: unknown, path: string): ModelError {
  if (isErrno(error, 'ENOENT', 'ENOTDIR')) return fileNotFound(path, error);
  if (isErrno(error, 'EISDIR', 'ENXIO')) return notAFile(path);
  return fsError(error, `read ${path}`);
}

function notAFile(path: string): ModelError {
  return new ModelError('SOURCE_UNAVAILABLE', `${path} is not a file`, { reason: 'not_a_file', retryable: false });
}
