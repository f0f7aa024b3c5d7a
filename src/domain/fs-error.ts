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
  EMFILE: 'this process has too many files open: raise the limit (`ulimit -n`), or lower max_concurrent_downloads and connections',
  ENFILE: 'this machine has too many files open: raise fs.file-max, or lower max_concurrent_downloads and connections',
};

/** Linux's numbers of those that libuv has no name for, and what they say. */
const UNNAMED: Readonly<Record<number, readonly [name: string, words: string]>> = {
  37: ['ENOLCK', 'no locks available'],
  74: ['EBADMSG', 'bad message'],
  116: ['ESTALE', 'stale file handle'],
  117: ['EUCLEAN', 'structure needs cleaning'],
  122: ['EDQUOT', 'disk quota exceeded'],
};

/** Calls that wait for their answer give the code `UNKNOWN` and the number, the others a code with the number in it. */
function unnamedOf(error: unknown): readonly [name: string, words: string] | undefined {
  const { code, errno } = (error ?? {}) as { code?: unknown; errno?: unknown };
  if (code === 'UNKNOWN') return UNNAMED[-Number(errno)];
  const [, number] = /^Unknown system error -(\d+)$/.exec(String(code)) ?? [];
  return number === undefined ? undefined : UNNAMED[Number(number)];
}

/** The errno name (`ENOENT`) of a thrown value, if it carries one. */
export function errnoOf(error: unknown): string | undefined {
  const code = unnamedOf(error)?.[0] ?? (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

const OF_MEDIUM: readonly unknown[] = ['EIO', 'EUCLEAN', 'EBADMSG', 'ENODATA', 'EILSEQ'];

/** Whether the disk has the file and gives its bytes no more. Whatever else keeps it from being read (files open, memory, rights, a server away) says nothing of them. */
export const isUnreadable = (error: unknown): boolean => error instanceof ModelError && OF_MEDIUM.includes(error.details.errno);

export const isErrno = (error: unknown, ...names: readonly string[]): boolean => names.includes(errnoOf(error) ?? '');

/** Of a place that cannot be written, or is full. */
export const isUnwritable = (error: unknown): error is ModelError =>
  error instanceof ModelError && (error.code === 'READ_ONLY' || error.code === 'PERMISSION_DENIED' || error.code === 'NO_SPACE');

/**
 * Wraps an error of a file call; a ModelError passes through unchanged.
 * @param doing what was being done, with the path: "write the blob /models/.blobs/…"
 */
export function fsError(error: unknown, doing: string, options: ModelErrorOptions = {}): ModelError {
  if (error instanceof ModelError) return error;
  const errno = errnoOf(error);
  const code = (errno === undefined ? undefined : BY_ERRNO[errno]) ?? 'FILESYSTEM_ERROR';
  const message = messageOf(error);
  const hint = HINTS[errno ?? ''];
  return new ModelError(code, `cannot ${doing}: ${message}`, {
    ...(hint !== undefined && { hint }),
    ...options,
    cause: error,
    details: { ...(errno !== undefined && { errno }), ...options.details },
  });
}

/** `Unknown system error -122: Unknown system error -122, write` tells nobody anything. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const unnamed = unnamedOf(error);
  return unnamed === undefined ? message : message.replace(/^[^:]*: [^,]*/, unnamed.join(': '));
}
