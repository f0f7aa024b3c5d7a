import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelError } from './errors.ts';
import { errnoOf, fsError, isErrno } from './fs-error.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wan-fs-error-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const failure = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('errors of the file system', () => {
  it('that really happen become errors with what was being done, the errno and the cause', async () => {
    const path = join(folder, 'nothing');
    const cause = await failure(readFile(path));
    const error = fsError(cause, `read ${path}`, { details: { path } });
    expect(error).toMatchObject({ code: 'FILESYSTEM_ERROR', exitCode: 9, cause, details: { errno: 'ENOENT', path } });
    expect(error.message).toMatch(/^cannot read .*nothing: ENOENT/);
  });

  it('tell a name that is too long, and a ring of links', async () => {
    expect(fsError(await failure(writeFile(join(folder, 'x'.repeat(5000)), '')), 'write').code).toBe('PATH_TOO_LONG');
    await symlink('ring', join(folder, 'ring'));
    expect(fsError(await failure(readFile(join(folder, 'ring'))), 'read').code).toBe('PATH_UNSAFE');
  });

  it.each([
    ['ENOSPC', 'NO_SPACE'],
    ['EDQUOT', 'NO_SPACE'],
    ['EACCES', 'PERMISSION_DENIED'],
    ['EPERM', 'PERMISSION_DENIED'],
    ['EROFS', 'READ_ONLY'],
    ['EIO', 'FILESYSTEM_ERROR'],
  ])('of %s have code %s', (errno, code) => {
    expect(fsError(Object.assign(new Error('m'), { code: errno }), 'write').code).toBe(code);
  });

  it('that libuv has no name for are named all the same', () => {
    const code = 'Unknown system error -122';
    const later = Object.assign(new Error(`${code}: ${code}, write`), { code });
    const atOnce = Object.assign(new Error('UNKNOWN: unknown error, write'), { code: 'UNKNOWN', errno: -122 });
    for (const given of [later, atOnce]) {
      expect(fsError(given, 'write f')).toMatchObject({
        code: 'NO_SPACE',
        details: { errno: 'EDQUOT' },
        message: 'cannot write f: EDQUOT: disk quota exceeded, write',
      });
    }
  });

  it('leave a ModelError as it is', () => {
    const error = new ModelError('OFFLINE', 'm');
    expect(fsError(error, 'write')).toBe(error);
  });

  it('need not be errors at all', () => {
    expect(fsError('odd', 'write')).toMatchObject({ code: 'FILESYSTEM_ERROR', message: 'cannot write: odd', details: {} });
  });
});

describe('the errno of a thrown value', () => {
  it.each([
    [{ code: 'ENOENT' }, 'ENOENT'],
    [{ code: 'ERR_INVALID_ARG_TYPE' }, undefined],
    [{ code: 28 }, undefined],
    [new ModelError('OFFLINE', 'm'), undefined],
    [null, undefined],
    ['ENOENT', undefined],
  ])('of %o is %s', (thrown, errno) => {
    expect(errnoOf(thrown)).toBe(errno);
  });

  it('can be asked for by name', () => {
    expect(isErrno({ code: 'EEXIST' }, 'ENOENT', 'EEXIST')).toBe(true);
    expect(isErrno({ code: 'EEXIST' }, 'ENOENT')).toBe(false);
    expect(isErrno(undefined, 'ENOENT')).toBe(false);
  });
});
