import { readdirSync } from 'node:fs';
import { fsError, isErrno } from '../domain/fs-error.ts';

/** The names in a folder of the store; none where it does not exist (any more). */
export function listNames(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw fsError(error, `list ${directory}`);
  }
}
