/** What people laid into a model's directory: theirs, whoever takes the model away or puts another one in its place. */
import { type Dirent, lstatSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { isModelError } from '../domain/errors.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import { type SnapshotRecord, VERIFIED_FILE } from './snapshot-record.ts';

interface WithFiles {
  readonly files: readonly { readonly path: string }[];
}

/** Paths that the store has put there, or will. */
export const ownPaths = (...records: readonly (WithFiles | undefined)[]): ReadonlySet<string> =>
  new Set([VERIFIED_FILE, ...records.flatMap((record) => record?.files.map(({ path }) => path) ?? [])]);

/** All that is no folder and not ours, by its path in the directory, `/`-separated, whatever its name; sorted. */
export function foreignFiles(directory: string, ours: ReadonlySet<string>): string[] {
  const paths = pathsBelow(directory).map((path) => relative(directory, path).split(sep).join('/'));
  return paths.filter((path) => !ours.has(path)).sort();
}

/** One of them, for whoever is about to take the directory away; where it cannot be looked into as a whole, that counts as one. */
export function someForeignFile(directory: string, record: SnapshotRecord): string | undefined {
  try {
    return foreignFiles(directory, ownPaths(record))[0];
  } catch (error) {
    if (!isModelError(error)) throw error;
    return 'a folder that may not be looked into';
  }
}

/** A folder whose name is no UTF-8 is not found by what was read of its name: nobody can look into it, so it counts itself. */
function pathsBelow(directory: string): string[] {
  return listFolder(directory).flatMap((entry) => {
    const path = join(directory, entry.name);
    const isLookedInto = entry.isDirectory() && !(path.includes('\ufffd') && isGone(path));
    return isLookedInto ? pathsBelow(path) : [path];
  });
}

/** Entries that go while they are listed; more often in a row is no accident. */
const LOOKS = 5;

/** Nothing where there is no directory, or it has just gone. */
function listFolder(directory: string): Dirent[] {
  for (let look = 1; ; look++) {
    try {
      return readdirSync(directory, { withFileTypes: true });
    } catch (error) {
      if (!isErrno(error, 'ENOENT') || look === LOOKS) throw fsError(error, `list ${directory}`);
      if (isGone(directory)) return [];
    }
  }
}

const isGone = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) === undefined;
