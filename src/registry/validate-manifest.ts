import { resolve } from 'node:path';
import { isModelError } from '../domain/errors.ts';
import { type ManifestFile, readManifestFile } from './manifest-file.ts';
import type { ManifestProblem } from './manifest-problem.ts';

/**
 * Everything that is wrong with a manifest, in the order of the file; empty for a valid one. `file` of each problem is `path`
 * as given.
 * @throws ModelError MISSING_MANIFEST, PERMISSION_DENIED, FILESYSTEM_ERROR
 */
export async function validateManifest(path: string): Promise<readonly ManifestProblem[]> {
  const problems = await problemsOf(resolve(path));
  return problems.map((problem) => ({ ...problem, file: path }));
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
