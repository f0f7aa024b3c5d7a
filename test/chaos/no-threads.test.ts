import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { describeWithReal } from '../support/real-server.ts';
import { tempDir } from '../support/temp-dir.ts';

const run = promisify(execFile);

describeWithReal('a process that may start no more threads', {
  needs: ['prlimit'],
  suite: () => {
    it('moves and hashes bytes on the one that it has, and says why it cannot cast', async () => {
      const { stdout } = await run(process.execPath, [join(import.meta.dirname, '../support/without-threads.ts'), await tempDir()]);
      expect(JSON.parse(stdout)).toEqual({ hashedBytes: 65 * 1024 * 1024, cast: 'INTERNAL no_threads' });
    });
  },
});
