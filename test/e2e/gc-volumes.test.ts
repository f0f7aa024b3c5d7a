/** What gc frees and spares on volumes that share bytes in their own ways, with the numbers of the file system. */
import { spawn } from 'node:child_process';
import { existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { seeded } from '../servers/http/fault-server.ts';
import { describeOnVolume, loopVolume, run, type VolumeKind } from '../support/loop-volume.ts';
import { modelFixture } from '../support/model-fixture.ts';
import { isInstalled } from '../support/real-server.ts';

const MIB = 1024 * 1024;
const A = 'a-volume@1.0.0';
const B = 'b-volume@1.0.0';
/** Room for what a file system writes beside the bytes. */
const SLACK_BYTES = 2 * MIB;

const MAP_IT =
  'import mmap, sys, time\nf = open(sys.argv[1], "rb")\nm = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)\nf.close()\nprint("ready", flush=True)\ntime.sleep(60)';

function freeOf(volume: string): number {
  run('sync', ['-f', volume]);
  const { bavail, bsize } = statfsSync(volume);
  return bavail * bsize;
}

for (const kind of ['ext4', 'btrfs', 'xfs', 'vfat', 'exfat'] as const satisfies readonly VolumeKind[]) {
  describeOnVolume(kind, `on ${kind}`, () => {
    // Without links every model has its own copies.
    const isCopying = kind === 'vfat' || kind === 'exfat';
    const copies = isCopying ? 2 : 1;
    it.runIf(isInstalled('python3'))('gc keeps what a program has mapped, and gives back as much as it says of the rest', async () => {
      const volume = await loopVolume(kind);
      const model = (seed: number) => ({ files: { 'shared.bin': seeded(8 * MIB, 1), 'own.bin': seeded(16 * MIB, seed) } });
      const world = await modelFixture({ models: { [A]: model(2), [B]: model(3) }, root: join(volume, 'models') });
      await using orchestrator = await world.orchestrator();
      await orchestrator.ensure(A);
      await orchestrator.ensure(B);
      const child = spawn('python3', ['-c', MAP_IT, join(world.modelDir(B), 'own.bin')], { stdio: ['ignore', 'pipe', 'inherit'] });
      onTestFinished(() => void child.kill('SIGKILL'));
      await new Promise((resolve) => child.stdout.once('data', resolve));

      const before = freeOf(volume);
      const report = await orchestrator.gc({ olderThanMs: 0, purge: true });
      expect(report.items.map(({ what, action, reason }) => [what, action, reason])).toEqual([
        [A, 'remove', 'older_than'],
        [B, 'keep', 'open'],
      ]);
      expect(report.items[1]?.why).toBe(`mapped by pid ${child.pid} (python3)`);
      expect(report.reclaimedBytes).toBe(isCopying ? 40 * MIB : 16 * MIB);
      // xfs gives the blocks of an unlinked inode back in the background.
      const missing = (): number => Math.abs(freeOf(volume) - before - report.reclaimedBytes);
      await expect.poll(missing, { timeout: 10_000, interval: 200 }).toBeLessThan(SLACK_BYTES);
      expect(existsSync(world.modelDir(B))).toBe(true);
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('close', resolve));
      expect(await orchestrator.gc({ olderThanMs: 0, purge: true })).toMatchObject({ reclaimedBytes: copies * 24 * MIB });
      expect(await checkInvariants(world.modelsRoot)).toEqual([]);
    });
  });
}
