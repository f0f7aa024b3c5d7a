/** What log-ins left that were killed between writing and renaming: files of the user's alone, with a secret that nothing reads. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fsError, isErrno } from '../domain/fs-error.ts';

const TEMPORARY_NAME = /^(?:hf|s3|github)@(?:%3A|%2F|%5B|%5D|[\w.-])+\.json\.[0-9a-f-]{36}\.tmp$/;
/** Writing one takes milliseconds: an older one has no writer any more. */
export const UNFINISHED_MS = 60_000;

/** @param olderThanMs 0: those that are being written now as well */
export async function leftOverFiles(directory: string, olderThanMs: number): Promise<readonly string[]> {
  const paths = (await namesIn(directory)).filter((name) => TEMPORARY_NAME.test(name)).map((name) => join(directory, name));
  const ages = await Promise.all(paths.map(async (path) => [path, await ageMs(path)] as const));
  return ages.filter(([, age]) => age !== undefined && age >= olderThanMs).map(([path]) => path);
}

/** Sorted; none where there is no such directory. */
export async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw fsError(error, `list ${directory}`);
  }
}

async function ageMs(path: string): Promise<number | undefined> {
  try {
    return Math.max(0, Date.now() - (await stat(path)).mtimeMs);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw fsError(error, `look at ${path}`);
  }
}
