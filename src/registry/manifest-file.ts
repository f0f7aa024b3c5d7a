/** Reads the bytes of the manifest, the lockfile beside it, or the registry: bounded, and never from something that is not a file. */
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

/** What a file is read as. */
export interface FileKind {
  readonly what: string;
  /** The error for a file that cannot be one at all. */
  readonly invalid: (path: string, problems: readonly ManifestProblem[]) => ModelError;
}

const MANIFEST: FileKind = { what: 'manifest', invalid: manifestInvalid };
const LOCKFILE: FileKind = { what: 'lockfile', invalid: lockfileInvalid };

/** @throws ModelError MISSING_MANIFEST, PERMISSION_DENIED, PATH_UNSAFE, FILESYSTEM_ERROR, or that of its kind where it cannot be one at all: MANIFEST_INVALID. */
export function readManifestFile(path: string, kind: FileKind = MANIFEST): ManifestFile {
  try {
    // Before open: opening a pipe would wait for its writer.
    refuseOddFile({ path, kind }, statSync(path));
    const fd = openSync(path, 'r');
    try {
      return { path, bytes: readBounded({ path, kind }, fd) };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) throw missingFile({ path, kind }, error);
    throw fsError(error, `read the ${kind.what} ${path}`);
  }
}

/** Beside the manifest: `models.toml` has `models.lock`. */
export const lockfilePath = (manifestPath: string): string => `${manifestPath.replace(/\.toml$/, '')}.lock`;

/** Undefined where there is none. @throws ModelError PERMISSION_DENIED, FILESYSTEM_ERROR, or LOCKFILE_STALE where it cannot be a lockfile. */
export function readLockfileBytes(manifestPath: string): ManifestFile | undefined {
  const path = lockfilePath(manifestPath);
  try {
    return readManifestFile(path, LOCKFILE);
  } catch (error) {
    if (isModelError(error, 'MISSING_MANIFEST')) return undefined;
    throw error;
  }
}

interface Asked {
  readonly path: string;
  readonly kind: FileKind;
}

function refuseOddFile(asked: Asked, stats: { isFile(): boolean; isDirectory(): boolean; readonly size: number }): void {
  if (stats.isDirectory()) throw refused(asked, 'not_a_file', 'is a folder', `name the ${asked.kind.what} in it`);
  if (!stats.isFile()) throw refused(asked, 'not_a_file', 'is not a regular file', `write the ${asked.kind.what} to a file first`);
  if (stats.size > MAX_MANIFEST_BYTES) throw tooLarge(asked, stats.size);
}

/** The size is asked of the open file, and a file that grows meanwhile is cut at its size then. */
function readBounded(asked: Asked, fd: number): Buffer {
  const { size } = fstatSync(fd);
  if (size > MAX_MANIFEST_BYTES) throw tooLarge(asked, size);
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const bytesRead = readSync(fd, bytes, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

function missingFile({ path, kind }: Asked, cause: unknown): ModelError {
  return new ModelError('MISSING_MANIFEST', `there is no ${kind.what} at ${path}`, {
    cause,
    hint: 'correct the path (--manifest, WAN_MODELS_MANIFEST, manifest_path), or begin a manifest there with `wan models add hf://org/name`',
    details: { manifest_path: path },
  });
}

function tooLarge(asked: Asked, size: number): ModelError {
  return refused(
    asked,
    'manifest_too_large',
    `has ${size} bytes; a ${asked.kind.what} may have ${MAX_MANIFEST_BYTES}`,
    'split it, or check what this file is',
  );
}

function refused({ path, kind }: Asked, code: ProblemCode, message: string, hint: string): ModelError {
  return kind.invalid(path, [{ file: path, line: 1, column: 1, code, message: `the file ${message}`, hint }]);
}
