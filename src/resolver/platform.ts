/** What differs between operating systems about paths, as two values: a test on Linux can ask what Windows would do. */
import { posix, win32 } from 'node:path';

export interface PathIssue {
  readonly level: 'error' | 'warning';
  /** Stable word, snake_case. */
  readonly reason: 'path_too_long' | 'name_too_long' | 'path_long' | 'path_reserved' | 'path_trailing' | 'path_character';
  /** Names the path. */
  readonly message: string;
  readonly hint?: string;
}

export interface Platform {
  readonly name: 'posix' | 'win32';
  readonly separator: '/' | '\\';
  join(...parts: string[]): string;
  dirname(path: string): string;
  isAbsolute(path: string): boolean;
  /** Absolute and normalised. */
  resolve(from: string, path: string): string;
  relative(from: string, to: string): string;
  /** The form to hand to the operating system: on Windows with the prefix that lifts the limit of 260 characters, where needed. */
  toNative(path: string): string;
  /** Whether two paths name the same place, as far as the text can tell. */
  isSamePath(a: string, b: string): boolean;
  /** The line that sets an environment variable, to paste into a shell. */
  exportLine(name: string, value: string): string;
}

/** Windows refuses longer folders than this without the long-path prefix (260 less a short file name). */
const WIN32_LONG_FROM = 248;

export const posixPlatform: Platform = {
  name: 'posix',
  separator: '/',
  join: posix.join,
  dirname: posix.dirname,
  isAbsolute: posix.isAbsolute,
  resolve: (from, path) => withoutEndSeparator(posix.join(posix.isAbsolute(path) ? '/' : from, path), '/'),
  relative: posix.relative,
  toNative: (path) => path,
  isSamePath: (a, b) => posix.normalize(a) === posix.normalize(b),
  exportLine: (name, value) => `export ${name}=${value}`,
};

export const win32Platform: Platform = {
  name: 'win32',
  separator: '\\',
  join: win32.join,
  dirname: win32.dirname,
  isAbsolute: win32.isAbsolute,
  resolve: (from, path) => win32.resolve(from, path),
  relative: win32.relative,
  toNative: (path) => (path.length >= WIN32_LONG_FROM ? win32.toNamespacedPath(path) : path),
  isSamePath: (a, b) => win32.normalize(a).toLowerCase() === win32.normalize(b).toLowerCase(),
  exportLine: (name, value) => `$env:${name} = '${value}'   # for good: setx ${name} "${value}"`,
};

export const platformOf = (os: NodeJS.Platform): Platform => (os === 'win32' ? win32Platform : posixPlatform);

function withoutEndSeparator(path: string, separator: string): string {
  return path.length > 1 && path.endsWith(separator) ? path.slice(0, -1) : path;
}
