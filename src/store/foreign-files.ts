/** What people laid into a model's directory: theirs, whoever takes the model away or puts another one in its place. */
import { type Dirent, lstatSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { isModelError } from '../domain/errors.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import { type SnapshotRecord, VERIFIED_FILE } from './snapshot-record.ts';

/** Paths that the store has put there. */
export const ownPaths = (...records: readonly (Pick<SnapshotRecord, 'files'> | undefined)[]): ReadonlySet<string> =>
  new Set([VERIFIED_FILE, ...records.flatMap((record) => record?.files.map(({ path }) => path) ?? [])]);

/** All that is no folder and not ours, by its path in the directory, `/`-separated, whatever its name; sorted. */
export function foreignFiles(directory: string, ours: ReadonlySet<string>): string[] {
  const entries = entriesBelow(directory).filter((entry) => !entry.isDirectory());
  const paths = entries.map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'));
  return paths.filter((path) => !ours.has(path)).sort();
}

/** One of them, for whoever is about to take the directory away; a folder that this user may not look into counts as one. */
export function someForeignFile(directory: string, record: SnapshotRecord): string | undefined {
  try {
    return foreignFiles(directory, ownPaths(record))[0];
  } catch (error) {
    if (!isModelError(error, 'PERMISSION_DENIED')) throw error;
    return 'a folder that may not be looked into';
  }
}

/** Folders that go while they are listed; more often in a row is no accident. */
const LOOKS = 5;

/** Nothing where there is no directory; where only a folder in it has just gone, all the others count. */
function entriesBelow(directory: string): Dirent[] {
  for (let look = 1; ; look++) {
    try {
      return readdirSync(directory, { recursive: true, withFileTypes: true });
    } catch (error) {
      if (!isErrno(error, 'ENOENT') || look === LOOKS) throw fsError(error, `list ${directory}`);
      if (lstatSync(directory, { throwIfNoEntry: false }) === undefined) return [];
    }
  }
}
