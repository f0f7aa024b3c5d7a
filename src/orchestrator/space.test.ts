import { hash } from 'node:crypto';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded, sha256Hex } from '../../test/servers/http/fault-server.ts';
import { modelFixture, textOf } from '../../test/support/model-fixture.ts';
import { describeOnSmallDisk, smallDisk } from '../../test/support/small-disk.ts';
import { storeContextOf } from '../../test/support/test-store.ts';
import { checkInvariants } from '../compose.ts';
import { sha256Of } from '../domain/digest.ts';

const MIB = 1024 * 1024;
const [OLD, NEW] = ['old@1.0.0', 'new@1.0.0'];

describeOnSmallDisk('an ensure that makes room', () => {
  it('needs no more of what somebody else brought meanwhile', async () => {
    const [big, small] = [seeded(20 * MIB, 2), seeded(8 * MIB, 3)];
    const world = await modelFixture({
      models: { [OLD]: { files: { 'own.bin': seeded(12 * MIB, 1) } }, [NEW]: { files: { 'big.bin': big, 'small.bin': small } } },
      root: await smallDisk(36 * MIB),
      env: { WAN_GC_GRACE: '0' },
    });
    await using orchestrator = await world.orchestrator();
    await orchestrator.ensure(OLD);
    const blob = storeContextOf(world.modelsRoot).resolver.blobPath(sha256Of(sha256Hex(big)));
    const { fetchedBytes } = await orchestrator.ensureDetailed(NEW, {
      onEvent: ({ type }) => {
        if (type !== 'gc.finished') return;
        // From here on the whole of it would not fit, and the rest does.
        mkdirSync(dirname(blob), { recursive: true });
        copyFileSync(join(world.folder(), NEW, 'big.bin'), blob);
      },
    });
    expect(fetchedBytes).toBe(8 * MIB);
    expect(await orchestrator.status(OLD)).toMatchObject({ state: 'NOT_PRESENT' });
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});

describe('an ensure that makes room again and again', () => {
  it('gives up where what it frees is taken each time by somebody else', async () => {
    const world = await modelFixture({
      models: { [OLD]: { files: { 'own.bin': seeded(MIB, 1) } }, [NEW]: { files: { 'big.bin': seeded(2 * MIB, 2) } } },
      env: { WAN_GC_GRACE: '0', WAN_MAX_TOTAL_SIZE: '3M' },
    });
    await using orchestrator = await world.orchestrator();
    await orchestrator.ensure(OLD);
    const { resolver } = storeContextOf(world.modelsRoot);
    let rounds = 0;
    const takeIt = (): void => {
      const bytes = textOf(seeded(2 * MIB, 10 + rounds++));
      const blob = resolver.blobPath(sha256Of(hash('sha256', bytes)));
      mkdirSync(dirname(blob), { recursive: true });
      writeFileSync(blob, bytes);
    };
    takeIt();
    const onEvent = ({ type }: { readonly type: string }): void => (type === 'gc.finished' ? takeIt() : undefined);
    await expect(orchestrator.ensureDetailed(NEW, { onEvent })).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect(rounds).toBeLessThan(12);
  });
});
