import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWithReal } from '../../test/support/real-server.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { testStore } from '../../test/support/test-store.ts';
import { uploadPath } from './upload-file.ts';

const ID = 'a'.repeat(32);

/** The words are appended by a process of its own, some of whose calls fail. */
async function appended(faults: readonly string[], words: readonly string[]): Promise<{ readonly path: string; readonly log: string }> {
  const { context } = await testStore();
  const path = uploadPath(context, ID, 0);
  const log = join(await tempDir(), 'log');
  const script = [join(import.meta.dirname, 'fixtures', 'append-upload.ts'), context.resolver.root, ID, log];
  const injections = faults.flatMap((fault) => ['-e', `inject=${fault}`]);
  // One thread, so that the second call of a thread is the second of all.
  const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
  execFileSync('strace', ['-f', '-qq', '-o', '/dev/null', '-P', path, ...injections, process.execPath, ...script, ...words], { env });
  return { path, log: readFileSync(log, 'utf8') };
}

describeWithReal('a file of an upload', {
  needs: ['strace'],
  suite: () => {
    it('has after a failed fsync what it had at the last good one: the rest comes again', async () => {
      const { path, log } = await appended(['fdatasync:error=EIO:when=2'], ['one', 'lost', 'two']);
      expect(log).toBe('synced 3\nFILESYSTEM_ERROR 3\nsynced 6\n');
      expect(readFileSync(path, 'utf8')).toBe('onetwo');
    });

    it('is gone where it cannot be cut either, and takes no more until it is opened again', async () => {
      // The first cut is that of its opening.
      const { path, log } = await appended(['fdatasync:error=EIO:when=2', 'ftruncate:error=EIO:when=2'], ['one', 'lost', 'two']);
      expect(log).toBe('synced 3\nFILESYSTEM_ERROR 0\nFILESYSTEM_ERROR 0\n');
      expect(existsSync(path)).toBe(false);
    });
  },
});
