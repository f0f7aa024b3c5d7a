/** Reads the bytes of the manifest, and of the lockfile beside it: bounded, and never from something that is not a file. */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { isModelError, ModelError } from '../domain/errors.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import { lockfileInvalid } from './lockfile-problem.ts';
import { type ManifestProblem, manifestInvalid, type ProblemCode } from './manifest-problem.ts';

/** Room for more than 10,000 models and 200,000 files; what is larger is not a manifest. */
export const MAX_MANIFEST_BYTES = 64 * 2 ** 20;

export interface ManifestFile {
  /** As given. */
  readonly path: string;
  readonly bytes: Buffer;
}

/** @throws ModelError MISSING_MANIFEST, PERMISSION_DENIED, FILESYSTEM_ERROR, or MANIFEST_INVALID where it cannot be a manifest at all. */
export function readManifestFile(path: string): ManifestFile {
  try {
    // Before open: opening a pipe would wait for its writer.
    refuseOddFile(path, statSync(path));
    const fd = openSync(path, 'r');
    try {
      return { path, bytes: readBounded(path, fd) };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) throw missingManifest(path, error);
    throw fsError(error, `read the manifest ${path}`);
  }
}

/** Beside the manifest: `models.toml` has `models.lock`. */
export const lockfilePath = (manifestPath: string): string => `${manifestPath.replace(/\.toml$/, '')}.lock`;

/** Undefined where there is none. @throws ModelError PERMISSION_DENIED, FILESYSTEM_ERROR, or LOCKFILE_STALE where it cannot be a lockfile. */
export function readLockfileBytes(manifestPath: string): ManifestFile | undefined {
  const path = lockfilePath(manifestPath);
  try {
    return readManifestFile(path);
  } catch (error) {
    if (isModelError(error, 'MISSING_MANIFEST')) return undefined;
    throw isModelError(error, 'MANIFEST_INVALID') ? lockfileInvalid(path, error.details.problems as readonly ManifestProblem[]) : error;
  }
}

function refuseOddFile(path: string, stats: { isFile(): boolean; isDirectory(): boolean; readonly size: number }): void {
  if (stats.isDirectory()) throw refused(path, 'not_a_file', 'is a folder', 'name the models.toml in it');
  if (!stats.isFile()) throw refused(path, 'not_a_file', 'is not a regular file', 'write the manifest to a file first');
  if (stats.size > MAX_MANIFEST_BYTES) throw tooLarge(path, stats.size);
}

/** The size is asked of the open file, and a file that grows meanwhile is cut at its size then. */
function readBounded(path: string, fd: number): Buffer {
  const { size } = fstatSync(fd);
  if (size > MAX_MANIFEST_BYTES) throw tooLarge(path, size);
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const bytesRead = readSync(fd, bytes, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

function missingManifest(path: string, cause: unknown): ModelError {
  return new ModelError('MISSING_MANIFEST', `there is no manifest at ${path}`, { cause, details: { manifest_path: path } });
}

function tooLarge(path: string, size: number): ModelError {
  return refused(
    path,
    'manifest_too_large',
    `has ${size} bytes; a manifest may have ${MAX_MANIFEST_BYTES}`,
    'split it, or check what this file is',
  );
}

function refused(path: string, code: ProblemCode, message: string, hint: string): ModelError {
  return manifestInvalid(path, [{ file: path, line: 1, column: 1, code, message: `the file ${message}`, hint }]);
}
