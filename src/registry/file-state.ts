import { type BigIntStats, statSync } from 'node:fs';
import { fsError } from '../domain/fs-error.ts';

export const ABSENT = 'absent';

/**
 * Another text for each state of a file that is edited while a process lives: what was made of it holds as long as this stays.
 * @throws ModelError PERMISSION_DENIED, PATH_UNSAFE, FILESYSTEM_ERROR
 */
export function fileState(path: string): string {
  const stat = statOf(path);
  return stat === undefined ? ABSENT : `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
}

function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    throw fsError(error, `look at ${path}`);
  }
}
