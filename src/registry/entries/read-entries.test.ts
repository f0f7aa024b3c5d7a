import { execFileSync } from 'node:child_process';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { MAX_MANIFEST_BYTES } from '../manifest-file.ts';
import { readEntries, registryBytes } from './read-entries.ts';

describe('a registry file that cannot be read', () => {
  let path: string;
  beforeEach(async () => {
    path = join(await tempDir(), 'models.json');
  });
  const calls = [readEntries, registryBytes];

  it('is named as what it is, with what the system says', async () => {
    await symlink(path, path);
    for (const call of calls)
      expect(() => call(path)).toThrow(
        expect.objectContaining({ code: 'PATH_UNSAFE', message: expect.stringContaining(`cannot read the registry ${path}: ELOOP`) }),
      );
  });

  it.each([
    ['is a folder', () => mkdir(path)],
    ['is not a regular file', () => void execFileSync('mkfifo', [path])],
    [
      `has ${MAX_MANIFEST_BYTES + 1} bytes; a registry may have ${MAX_MANIFEST_BYTES}`,
      async () => {
        await writeFile(path, '');
        await truncate(path, MAX_MANIFEST_BYTES + 1);
      },
    ],
  ])('%s, and is told as a registry that cannot be used', async (message, make) => {
    await make();
    for (const call of calls)
      expect(() => call(path)).toThrow(
        expect.objectContaining({
          ...{ code: 'MANIFEST_INVALID', reason: 'registry_invalid' },
          message: expect.stringContaining(`the registry ${path} cannot be used: registry: the file ${message}`),
          details: { registry_file: path, problems: [{ where: 'registry', message: `the file ${message}` }] },
        }),
      );
  });

  it('since it is not there is empty, or told where it must be there', () => {
    expect(readEntries(path)).toEqual({ bytes: undefined, entries: new Map() });
    expect(() => registryBytes(path)).toThrow(expect.objectContaining({ code: 'MISSING_MANIFEST', reason: 'registry_missing' }));
  });
});
