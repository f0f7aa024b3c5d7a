import { lstatSync, readdirSync } from 'node:fs';
import { fsError, isErrno } from '../domain/fs-error.ts';

/** The names in a folder of the store; none where it does not exist (any more). */
export function listNames(directory: string): string[] {
  try {
    // Often it is not there: to ask costs far less than the error that says so.
    if (lstatSync(directory, { throwIfNoEntry: false }) === undefined) return [];
    return readdirSync(directory);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw fsError(error, `list ${directory}`);
  }
}
