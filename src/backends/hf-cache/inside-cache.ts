/** Links of the cache are followed only inside of it. */
import { realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { fsError, isErrno } from '../../domain/fs-error.ts';

/** Nothing there, or nothing for us. */
const ABSENT = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM', 'ENAMETOOLONG'] as const;

/** A result, or undefined where what it speaks of is not there for us. @throws ModelError of the file system */
export async function unlessAbsent<T>(doing: string, act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (isErrno(error, ...ABSENT)) return undefined;
    throw fsError(error, doing);
  }
}

/** The folder itself may be reached through links. Undefined where there is none. */
export const realCacheRoot = (directory: string): Promise<string | undefined> =>
  unlessAbsent(`look for the cache ${directory}`, () => realpath(directory));

export const isInside = (root: string, real: string): boolean => real.startsWith(root + sep);

/** The regular file of this size that a name leads to, without any link; undefined for everything else. */
export function fileInside(root: string, path: string, sizeBytes: number): Promise<string | undefined> {
  return unlessAbsent(`look at ${path}`, async () => {
    const real = await realpath(path);
    if (!isInside(root, real)) return undefined;
    const stats = await stat(real);
    return stats.isFile() && stats.size === sizeBytes ? real : undefined;
  });
}
