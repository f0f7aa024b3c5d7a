/** Errors of the operating system's file calls -> ModelError. */
import { type ErrorCode, ModelError, type ModelErrorOptions } from './errors.ts';

const BY_ERRNO: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'NO_SPACE',
  EDQUOT: 'NO_SPACE',
  EACCES: 'PERMISSION_DENIED',
  EPERM: 'PERMISSION_DENIED',
  EROFS: 'READ_ONLY',
  ENAMETOOLONG: 'PATH_TOO_LONG',
  ELOOP: 'PATH_UNSAFE',
};

const HINTS: Readonly<Record<string, string>> = {
  EMFILE: 'this process has too many files open: raise the limit (`ulimit -n`), or lower --jobs and --connections',
  ENFILE: 'this machine has too many files open: raise fs.file-max, or lower --jobs and --connections',
};

/** The errno name (`ENOENT`) of a thrown value, if it carries one. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

/** Whether the disk has the file and gives its bytes no more, as opposed to whatever else keeps it from being read. */
export const isUnreadable = (error: unknown): boolean => error instanceof ModelError && error.details.errno === 'EIO';

export const isErrno = (error: unknown, ...names: readonly string[]): boolean => names.includes(errnoOf(error) ?? '');

/**
 * Wraps an error of a file call; a ModelError passes through unchanged.
 * @param doing what was being done, with the path: "write the blob /models/.blobs/…"
 */
export function fsError(error: unknown, doing: string, options: ModelErrorOptions = {}): ModelError {
  if (error instanceof ModelError) return error;
  const errno = errnoOf(error);
  const code = (errno === undefined ? undefined : BY_ERRNO[errno]) ?? 'FILESYSTEM_ERROR';
  const message = error instanceof Error ? error.message : String(error);
  const hint = HINTS[errno ?? ''];
  return new ModelError(code, `cannot ${doing}: ${message}`, {
    ...(hint !== undefined && { hint }),
    ...options,
    cause: error,
    details: { ...(errno !== undefined && { errno }), ...options.details },
  });
}
