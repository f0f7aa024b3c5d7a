/**
 * Whether the operating system takes an absolute path, its length above all. Limits: Linux limits.h (PATH_MAX 4096 with the
 * ending NUL, NAME_MAX 255 bytes); Windows "Maximum Path Length Limitation" (260, with long paths 32,767; a name 255 units).
 */
import { isReservedName } from '../domain/path-rules.ts';
import type { PathIssue, Platform } from './platform.ts';

const POSIX_MAX_PATH_BYTES = 4095;
const WIN32_CLASSIC_MAX = 260;
const WIN32_MAX = 32_767;
const MAX_NAME = 255;

const ENABLE_LONG_PATHS =
  'enable long paths: in an elevated PowerShell run ' +
  'New-ItemProperty -Path HKLM:\\SYSTEM\\CurrentControlSet\\Control\\FileSystem -Name LongPathsEnabled -Value 1 -PropertyType DWORD -Force' +
  ', then sign in again; or use a shorter MODELS_ROOT such as D:\\m';

/** Everything that is wrong with an absolute path on a platform, errors first. */
export function pathIssues(path: string, platform: Platform): PathIssue[] {
  const issues = platform.name === 'win32' ? win32Issues(path) : posixIssues(path);
  return issues.sort((a, b) => Number(a.level === 'warning') - Number(b.level === 'warning'));
}

function posixIssues(path: string): PathIssue[] {
  const bytes = Buffer.byteLength(path);
  // Too short to hold a name that is too long: nearly every path.
  if (bytes <= MAX_NAME) return [];
  return [
    ...(bytes > POSIX_MAX_PATH_BYTES ? [tooLong(path, `${bytes} bytes, and at most ${POSIX_MAX_PATH_BYTES} work`)] : []),
    ...longNames(path.split('/'), (name) => Buffer.byteLength(name)),
  ];
}

function win32Issues(path: string): PathIssue[] {
  const names = namesBelowVolume(path);
  return [...win32Length(path), ...longNames(names, (name) => name.length), ...names.flatMap(win32NameIssues)];
}

/** The names after `\\?\`, a drive or `\\server\share`, none of which obey the rules for names. */
function namesBelowVolume(path: string): string[] {
  const below = path.replace(/^\\\\\?\\(?:UNC\\)?/, '').replace(/^[A-Za-z]:/, '');
  return below.split(/[\\/]/).filter((name) => name !== '' && name !== '.' && name !== '..');
}

function win32Length(path: string): PathIssue[] {
  if (path.length > WIN32_MAX) return [tooLong(path, `${path.length} characters, and at most ${WIN32_MAX} work`)];
  if (path.length <= WIN32_CLASSIC_MAX) return [];
  return [
    {
      level: 'warning',
      reason: 'path_long',
      message: `${shown(path)} is ${path.length} characters long: programs that know only ${WIN32_CLASSIC_MAX} cannot open it`,
      hint: ENABLE_LONG_PATHS,
    },
  ];
}

function win32NameIssues(name: string): PathIssue[] {
  const label = JSON.stringify(name);
  if (isReservedName(name)) return [{ level: 'error', reason: 'path_reserved', message: `${label} is a device name on Windows` }];
  if (/[. ]$/.test(name))
    return [{ level: 'error', reason: 'path_trailing', message: `${label} ends in a dot or space, which Windows drops` }];
  const bad = /[<>:"|?*]/.exec(name);
  return bad ? [{ level: 'error', reason: 'path_character', message: `${label} holds ${bad[0]}, which Windows does not allow` }] : [];
}

function longNames(names: readonly string[], lengthOf: (name: string) => number): PathIssue[] {
  return names
    .filter((name) => lengthOf(name) > MAX_NAME)
    .map((name) => ({ level: 'error', reason: 'name_too_long', message: `the name ${shown(name)} is longer than ${MAX_NAME}` }) as const);
}

const tooLong = (path: string, how: string): PathIssue => ({
  level: 'error',
  reason: 'path_too_long',
  message: `${shown(path)} is too long: ${how}`,
  hint: 'use a shorter MODELS_ROOT',
});

const shown = (path: string): string => (path.length <= 120 ? path : `${path.slice(0, 80)}…${path.slice(-30)}`);
