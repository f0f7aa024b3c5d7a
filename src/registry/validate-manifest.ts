import { resolve } from 'node:path';
import { isModelError } from '../domain/errors.ts';
import { lockfilePath, type ManifestFile, readLockfileBytes, readManifestFile } from './manifest-file.ts';
import type { ManifestProblem } from './manifest-problem.ts';

/**
 * Everything that is wrong with a manifest, in the order of the file, then with the lockfile beside it; empty where both are good. `file`
 * of each problem is the path as given. That an entry of the lockfile is stale is no problem here: `ensure --frozen` says it.
 * @throws ModelError MISSING_MANIFEST, PERMISSION_DENIED, FILESYSTEM_ERROR
 */
export async function validateManifest(path: string): Promise<readonly ManifestProblem[]> {
  const absolute = resolve(path);
  const ofManifest = (await problemsOf(absolute)).map((problem) => ({ ...problem, file: path }));
  const ofLockfile = (await lockProblemsOf(absolute)).map((problem) => ({ ...problem, file: lockfilePath(path) }));
  return [...ofManifest, ...ofLockfile];
}

async function lockProblemsOf(manifestPath: string): Promise<readonly ManifestProblem[]> {
  try {
    const file = readLockfileBytes(manifestPath);
    if (file === undefined) return [];
    const { examineLockfile } = await import('./read-lockfile.ts');
    const examined = examineLockfile(file);
    return 'problems' in examined ? examined.problems : examined.edited.map(({ problem }) => problem);
  } catch (error) {
    if (isModelError(error, 'LOCKFILE_STALE')) return error.details.problems as readonly ManifestProblem[];
    throw error;
  }
}

async function problemsOf(path: string): Promise<readonly ManifestProblem[]> {
  const file = readOrProblems(path);
  if (!('bytes' in file)) return file;
  const { examineManifest } = await import('./compile-manifest.ts');
  const examined = examineManifest(file);
  return 'compiled' in examined ? [] : examined.problems;
}

function readOrProblems(path: string): ManifestFile | readonly ManifestProblem[] {
  try {
    return readManifestFile(path);
  } catch (error) {
    if (isModelError(error, 'MANIFEST_INVALID')) return error.details.problems as readonly ManifestProblem[];
    throw error;
  }
}
