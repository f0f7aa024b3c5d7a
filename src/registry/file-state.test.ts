import { rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { ABSENT, fileState } from './file-state.ts';

describe('the state of a file', () => {
  it('is another one for each file that comes in its place, and for none', async () => {
    const directory = await tempDir();
    const [path, next] = [join(directory, 'a'), join(directory, 'b')];
    expect([fileState(path), fileState(join(path, 'below'))]).toEqual([ABSENT, ABSENT]);
    await writeFile(path, 'one');
    const first = fileState(path);
    expect(fileState(path)).toBe(first);
    await writeFile(next, 'two');
    await rename(next, path);
    expect([ABSENT, first]).not.toContain(fileState(path));
  });

  it('that cannot be told is an error with a code, and names the file', async () => {
    const path = join(await tempDir(), 'loop');
    await symlink(path, path);
    expect(() => fileState(path)).toThrow(
      expect.objectContaining({ code: 'PATH_UNSAFE', message: expect.stringContaining(`cannot look at ${path}`) }),
    );
  });
});
