import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { seeded, sha256Hex } from '../../test/servers/http/fault-server.ts';
import { modelFixture } from '../../test/support/model-fixture.ts';
import { describeOnSmallDisk, smallDisk } from '../../test/support/small-disk.ts';
import { storeContextOf } from '../../test/support/test-store.ts';
import { checkInvariants } from '../compose.ts';
import { sha256Of } from '../domain/digest.ts';

const MIB = 1024 * 1024;
const [OLD, NEW] = ['old@1.0.0', 'new@1.0.0'];

describeOnSmallDisk('an ensure that makes room', () => {
  it('needs no more of what somebody else brought meanwhile', { timeout: 60_000 }, async () => {
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
