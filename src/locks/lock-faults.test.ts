import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { describeWithReal } from '../../test/support/real-server.ts';
import { tempDir } from '../../test/support/temp-dir.ts';

const run = promisify(execFile);
const FIXTURE = join(import.meta.dirname, 'fixtures', 'take-lock-twice.ts');

/** The kernel refuses a call on the lock file. @returns what came of each try */
async function triesWith(fault: string): Promise<string> {
  const lockDir = join(await tempDir(), '.locks');
  const watched = ['-f', '-qq', '-o', '/dev/null', '-P', join(lockDir, 'a.lock'), '-e', 'trace=statx,lstat,fstat,pwrite64'];
  const { stdout } = await run('strace', [...watched, '-e', `inject=${fault}`, process.execPath, FIXTURE, lockDir, 'a.lock']);
  return stdout;
}

describeWithReal('a lock file that a fault meets', {
  needs: ['strace'],
  suite: () => {
    it.each([1, 2])('when it has just been locked (look %i) is not left locked by nobody', async (look) => {
      expect(await triesWith(`statx:error=EIO:when=${look}`)).toBe('FILESYSTEM_ERROR held');
    });

    it.each(['EACCES', 'ETIMEDOUT', 'EIO'])('when its holder is to be written there (%s) is held all the same', async (errno) => {
      expect(await triesWith(`pwrite64:error=${errno}:when=1`)).toBe('held');
    });
  },
});
