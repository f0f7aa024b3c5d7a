import { describe, expect, it } from 'vitest';
import { ModelResolver } from './model-resolver.ts';
import { pathIssues } from './path-constraints.ts';
import { posixPlatform, win32Platform } from './platform.ts';

const reasons = (path: string, platform: typeof posixPlatform) =>
  pathIssues(path, platform).map(({ level, reason }) => `${level} ${reason}`);
const long = (length: number) =>
  `C:\\${'d'.repeat(100)}\\${'x\\'.repeat(20_000)}`
    .slice(0, length - 1)
    .replace(/\\$/, 'x')
    .concat('f');

describe('what Windows has against a path', () => {
  it('over 260 characters is a warning that tells how to enable long paths', () => {
    expect(reasons(long(260), win32Platform)).toEqual([]);
    expect(reasons(long(261), win32Platform)).toEqual(['warning path_long']);
    expect(pathIssues(long(261), win32Platform)[0]?.hint).toContain('LongPathsEnabled');
  });

  it('over 32,767 is an error', () => {
    expect(reasons(long(32_767), win32Platform)).toEqual(['warning path_long']);
    expect(reasons(long(32_768), win32Platform)).toEqual(['error path_too_long']);
  });

  it.each([
    ['C:\\models\\con\\x', 'error path_reserved'],
    ['C:\\models\\LPT1.txt', 'error path_reserved'],
    ['C:\\models\\a.\\x', 'error path_trailing'],
    ['C:\\models\\a \\x', 'error path_trailing'],
    ['C:\\models\\a?b', 'error path_character'],
    ['C:\\models\\a:b', 'error path_character'],
    [`C:\\${'n'.repeat(256)}`, 'error name_too_long'],
  ])('%j: %s', (path, issue) => {
    expect(reasons(path, win32Platform)).toContain(issue);
  });

  it.each(['C:\\models\\x', '\\\\server\\share\\x', '\\\\?\\C:\\models\\x', '\\\\?\\UNC\\server\\share\\x'])('%j is good', (path) => {
    expect(reasons(path, win32Platform)).toEqual([]);
  });

  it('errors come before warnings', () => {
    expect(reasons(`${long(300)}\\con`, win32Platform)).toEqual(['error path_reserved', 'warning path_long']);
  });
});

describe('what POSIX has against a path', () => {
  const deep = (bytes: number) => `/${'x/'.repeat(bytes)}`.slice(0, bytes - 1).concat('f');

  it('4095 bytes work, 4096 do not', () => {
    expect(reasons(deep(4095), posixPlatform)).toEqual([]);
    expect(reasons(deep(4096), posixPlatform)).toEqual(['error path_too_long']);
  });

  it('a name of 256 bytes does not work, counted in bytes', () => {
    expect(reasons(`/${'é'.repeat(127)}`, posixPlatform)).toEqual([]);
    expect(reasons(`/${'é'.repeat(128)}`, posixPlatform)).toEqual(['error name_too_long']);
  });

  it('names of Windows devices are fine', () => {
    expect(reasons('/data/con/aux.txt', posixPlatform)).toEqual([]);
  });
});

describe('a model file that would be too long', () => {
  it('is PATH_TOO_LONG before anything is written', () => {
    const resolver = new ModelResolver({ modelsRoot: `/${'r/'.repeat(1900)}`, platform: posixPlatform });
    const path = `${'d/'.repeat(150)}f`;
    expect(() => resolver.modelFile(resolver.modelDir('wan22', { modelId: 'x@1.0.0' }), path)).toThrow(
      expect.objectContaining({ code: 'PATH_TOO_LONG', reason: 'path_too_long' }) as Error,
    );
  });
});
