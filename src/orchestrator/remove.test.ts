import { join } from 'node:path';
import { expect, it } from 'vitest';
import { seeded, status } from '../../test/servers/http/fault-server.ts';
import { MODEL, modelFixture } from '../../test/support/model-fixture.ts';
import { listNames } from '../store/list-names.ts';

it('gives back what a failed ensure had committed and never published', async () => {
  const world = await modelFixture({ files: { 'a.bin': seeded(3000, 1), 'b.bin': seeded(5000, 2) }, sources: ['http'] });
  world.server('http').fault(`${MODEL}/b.bin`, status(404), { times: 9 });
  await using orchestrator = await world.orchestrator();
  await expect(orchestrator.ensure(MODEL)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
  const shards = () =>
    listNames(join(world.modelsRoot, '.blobs', 'sha256')).flatMap((shard) => listNames(join(world.modelsRoot, '.blobs', 'sha256', shard)));
  expect(shards()).toHaveLength(1);
  expect(await orchestrator.remove(MODEL)).toMatchObject({ removed: false, reclaimedBytes: 3000, sharedBytes: 0 });
  expect(shards()).toEqual([]);
});
