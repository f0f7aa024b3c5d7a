import { join } from 'node:path';
import { expect, it } from 'vitest';
import { neverAnswer, seeded } from '../../test/servers/http/fault-server.ts';
import { MODEL, modelFixture } from '../../test/support/model-fixture.ts';
import type { ModelEvent } from '../domain/events.ts';
import { listNames } from '../store/list-names.ts';

it('gives back what a failed ensure had committed and never published', async () => {
  const world = await modelFixture({ files: { 'a.bin': seeded(3000, 1), 'b.bin': seeded(5000, 2) }, sources: ['http'] });
  world.server('http').fault(`${MODEL}/b.bin`, neverAnswer());
  await using orchestrator = await world.orchestrator();
  const stop = new AbortController();
  const stopAfterFirst = ({ type }: ModelEvent) => type === 'file.finished' && stop.abort();
  const failing = orchestrator.ensure(MODEL, { signal: stop.signal, onEvent: stopAfterFirst });
  await expect(failing).rejects.toMatchObject({ code: 'CANCELLED' });
  const shards = () =>
    listNames(join(world.modelsRoot, '.blobs', 'sha256')).flatMap((shard) => listNames(join(world.modelsRoot, '.blobs', 'sha256', shard)));
  expect(shards()).toHaveLength(1);
  expect(await orchestrator.remove(MODEL)).toMatchObject({ removed: false, reclaimedBytes: 3000, sharedBytes: 0 });
  expect(shards()).toEqual([]);
});
