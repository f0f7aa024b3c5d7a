import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { describeWithReal } from '../../test/support/real-server.ts';
import { tempDir } from '../../test/support/temp-dir.ts';

const run = promisify(execFile);

describeWithReal('a process that may start no more threads', {
  needs: ['prlimit'],
  suite: () => {
    it('hashes on the one that it has', async () => {
      const { stdout } = await run(process.execPath, [join(import.meta.dirname, 'fixtures/without-threads.ts'), await tempDir()]);
      expect(Number(stdout)).toBe(65 * 1024 * 1024);
    });
  },
});
