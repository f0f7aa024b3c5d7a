import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWithReal } from '../../test/support/real-server.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { testStore } from '../../test/support/test-store.ts';
import { uploadPath } from './upload-file.ts';

const ID = 'a'.repeat(32);

describeWithReal('a file of an upload', {
  needs: ['strace'],
  suite: () => {
    it('has after a failed fsync what it had at the last good one: the rest comes again', async () => {
      const { context } = await testStore();
      const path = uploadPath(context, ID, 0);
      const log = join(await tempDir(), 'log');
      const script = [join(import.meta.dirname, 'fixtures', 'append-upload.ts'), context.resolver.root, ID, log];
      const inject = ['-f', '-qq', '-o', '/dev/null', '-P', path, '-e', 'inject=fdatasync:error=EIO:when=2'];
      // One thread, so that the second call of a thread is the second of all.
      const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
      execFileSync('strace', [...inject, process.execPath, ...script, 'one', 'lost', 'two'], { env });
      expect(readFileSync(log, 'utf8')).toBe('synced 3\nFILESYSTEM_ERROR 3\nsynced 6\n');
      expect(readFileSync(path, 'utf8')).toBe('onetwo');
    });
  },
});
