/** Somebody writes to a blob in the very moment in which it gets its name in a model: what was written is never published as proven. */
import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { seeded, sha256Hex } from '../servers/http/fault-server.ts';
import { MODEL, modelFixture } from '../support/model-fixture.ts';
import { describeWithReal } from '../support/real-server.ts';
import { traced } from './traced.ts';

const SIZE = 300_000;
/** The first link is that which tries what the volume can do. */
const HELD_UP = 'link:delay_enter=5000000:when=2';

describeWithReal('a blob that is written to while it is linked', {
  needs: ['strace'],
  suite: () => {
    it('is not published, but fetched once more', async () => {
      const content = seeded(SIZE, 1);
      const world = await modelFixture({ files: { 'w.bin': content }, sources: ['http'] });
      const digest = sha256Hex(content);
      const blob = join(world.modelsRoot, '.blobs', 'sha256', digest.slice(0, 2), digest);
      const ensuring = traced(world, ['models', 'ensure', MODEL, '--json'], {
        inject: [HELD_UP],
        timeoutMs: 90_000,
      });
      const tmp = join(world.modelsRoot, '.tmp');
      const isStaging = (): boolean => existsSync(blob) && readdirSync(tmp).some((name) => name.endsWith('.partial'));
      while (!isStaging()) await sleep(5);
      chmodSync(blob, 0o644);
      writeFileSync(blob, Buffer.alloc(SIZE, 'x'), { flag: 'r+' });
      const { code, stdout } = await ensuring;
      expect(code, stdout).toBe(0);
      await using orchestrator = await world.orchestrator();
      expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
      expect((await orchestrator.verifyIntegrity(MODEL)).ok).toBe(true);
      expect(world.server().sentBytes()).toBe(2 * SIZE);
      expect(await checkInvariants(world.modelsRoot)).toEqual([]);
    });
  },
});
