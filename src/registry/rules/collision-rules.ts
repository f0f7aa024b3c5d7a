/** Rules for the files of one directory together: no two of them may be one file, or a file and a folder, anywhere. */
import { collisionKey } from '../../domain/path-rules.ts';
import type { Report } from '../draft-problem.ts';
import type { ProblemCode } from '../manifest-problem.ts';
import type { TomlPath } from '../toml-positions.ts';

/** A file, and the place in the manifest that put it there. */
export interface PlacedFile {
  readonly path: string;
  readonly variants?: readonly string[];
  readonly at: TomlPath;
}

/** What the directory holds so far, by collision key. A name may be in both: then that has been reported. */
interface Taken {
  readonly files: Map<string, PlacedFile>;
  readonly folders: Map<string, PlacedFile>;
}

const MAX_FOLDERS = 200_000;

export function checkCollisions(files: readonly PlacedFile[], report: Report): void {
  const taken: Taken = { files: new Map(), folders: new Map() };
  for (const file of files) {
    if (taken.folders.size > MAX_FOLDERS) {
      report({ code: 'manifest_too_large', path: file.at, message: `the files need more than ${MAX_FOLDERS} folders` });
      return;
    }
    const key = collisionKey(file.path);
    for (let end = key.indexOf('/'); end >= 0; end = key.indexOf('/', end + 1)) claimFolder(taken, key.slice(0, end), file, report);
    claimFile(taken, key, file, report);
  }
}

function claimFile({ files, folders }: Taken, key: string, file: PlacedFile, report: Report): void {
  const folder = folders.get(key);
  if (folder !== undefined) tell('path_file_and_directory', file, folder, report);
  const twin = files.get(key);
  if (twin !== undefined) tell(twin.path === file.path ? 'path_duplicate' : spelling(twin.path, file.path), file, twin, report);
  else files.set(key, file);
}

function claimFolder({ files, folders }: Taken, key: string, file: PlacedFile, report: Report): void {
  const known = folders.get(key);
  if (known !== undefined && file.path.startsWith(known.path) && file.path[known.path.length] === '/') return;
  const folder = { path: folderOf(file.path, key), at: file.at };
  if (known === undefined) folders.set(key, folder);
  else if (known.path !== folder.path) tell(spelling(known.path, folder.path), folder, known, report);
  const inTheWay = known === undefined ? files.get(key) : undefined;
  if (inTheWay !== undefined) tell('path_file_and_directory', folder, inTheWay, report);
}

/** As many names of the path as the key has; folding may change their lengths. */
const folderOf = (path: string, key: string): string => path.split('/', key.split('/').length).join('/');

const spelling = (one: string, other: string): Collision =>
  one.normalize('NFC') === other.normalize('NFC') ? 'path_collision_unicode' : 'path_collision_case';

function tell(code: Collision, file: PlacedFile, other: PlacedFile, report: Report): void {
  report({ code, path: file.at, related: other.at, message: MESSAGES[code](file.path, other.path) });
}

type Collision = Extract<ProblemCode, 'path_duplicate' | 'path_collision_case' | 'path_collision_unicode' | 'path_file_and_directory'>;

const MESSAGES: Readonly<Record<Collision, (path: string, other: string) => string>> = {
  path_duplicate: (path) => `the path ${JSON.stringify(path)} is given twice`,
  path_collision_case: (path, other) => `${JSON.stringify(path)} and ${JSON.stringify(other)} differ only by case`,
  path_collision_unicode: (path) => `two spellings of ${JSON.stringify(path)} differ only by Unicode normalisation`,
  path_file_and_directory: (path) => `${JSON.stringify(path)} is a file and a folder`,
};
