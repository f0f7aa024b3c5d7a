/** A disk that has the file and gives its bytes no more: strace makes the reads of it fail. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { seeded, sha256Hex } from '../servers/http/fault-server.ts';
import { documentOf } from '../support/document.ts';
import { MODEL, modelFixture } from '../support/model-fixture.ts';
import { describeWithReal } from '../support/real-server.ts';
import { refused } from '../support/refused.ts';
import { WAN } from '../support/wan-command.ts';

const MIB = 1024 * 1024;
const content = seeded(20 * MIB, 1);

describeWithReal('a file that the disk gives no more', {
  needs: ['strace'],
  suite: () => {
    it('is named by verify, marked by scrub, and mended by repair', async () => {
      const world = await modelFixture({ files: { 'w.bin': content, 'b.bin': 'b' } });
      const orchestrator = await world.orchestrator();
      await orchestrator.ensure(MODEL);
      await orchestrator.verifyIntegrity(MODEL);
      const digest = sha256Hex(content);
      const paths = [join(world.modelDir(), 'w.bin'), join(world.modelsRoot, '.blobs', 'sha256', digest.slice(0, 2), digest)];
      const broken = (args: readonly string[]) => {
        const fault = [...paths.flatMap((path) => ['-P', path]), '-e', 'trace=pread64,read', '-e', 'inject=pread64,read:error=EIO'];
        const ran = spawnSync('strace', ['-f', '-qq', '-o', '/dev/null', ...fault, process.execPath, WAN, ...args, '--json'], {
          cwd: world.directory,
          env: world.env,
          encoding: 'utf8',
        });
        return { code: ran.status, document: JSON.parse(ran.stdout) as { error?: { code: string }; data: never } };
      };

      const verified = broken(['models', 'verify', MODEL]);
      expect([verified.code, verified.document.error?.code]).toEqual([5, 'CHECKSUM_FAIL']);
      expect(verified.document.data).toMatchObject({
        results: [
          {
            files: [
              { path: 'w.bin', ok: false, found: 'unreadable (EIO)', bad_pieces: [0, 1] },
              { path: 'b.bin', ok: true },
            ],
          },
        ],
      });
      const scrubbed = broken(['models', 'scrub']);
      expect(scrubbed.code).toBe(5);
      expect(scrubbed.document.data).toMatchObject({ right_count: 1, corrupt: [{ digest, found: 'unreadable (EIO)', models: [MODEL] }] });
      expect((await orchestrator.status(MODEL)).state).toBe('CORRUPT');

      const repaired = broken(['models', 'repair', MODEL]);
      expect(repaired.code, JSON.stringify(repaired.document)).toBe(0);
      expect((await orchestrator.verifyIntegrity(MODEL, { deep: true })).ok).toBe(true);
      expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
      expect(await checkInvariants(world.modelsRoot)).toEqual([]);
    });
  },
});

describeWithReal("a folder of somebody's own that may not be looked into", {
  needs: ['strace'],
  suite: () => {
    it('keeps gc from the model that it lies in, and from no other', async () => {
      const other = 'other-tiny@1.0.0';
      const world = await modelFixture({ models: { [MODEL]: { files: { 'a.bin': 'a' } }, [other]: { files: { 'b.bin': 'b' } } } });
      await using orchestrator = await world.orchestrator();
      for (const id of [MODEL, other]) await orchestrator.ensure(id);
      const mine = join(world.modelDir(MODEL), 'mine');
      mkdirSync(mine);
      for (const id of [MODEL, other]) utimesSync(join(world.modelsRoot, '.state', 'access', `wan22@${id}`), 0, 0);
      const ran = await refused(world, ['models', 'gc', '--older-than', '1s', '-y', '--json'], {
        paths: [mine],
        rule: 'openat:error=EACCES',
      });
      expect({ code: ran.code, ok: documentOf(ran.stdout).ok }, ran.stderr).toEqual({ code: 0, ok: true });
      expect([MODEL, other].map((id) => existsSync(world.modelDir(id)))).toEqual([true, false]);
    });
  },
});
