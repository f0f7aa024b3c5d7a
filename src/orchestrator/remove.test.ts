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

it('removes what the manifest has no more, by its record, and says MODEL_NOT_FOUND where there is nothing', async () => {
  const world = await modelFixture({ models: { [MODEL]: { files: { a: 'one' } }, 'other@1.0.0': { files: { b: 'two' } } } });
  await (await world.orchestrator()).ensure(MODEL);
  await world.write({ 'other@1.0.0': { files: { b: 'two' } } });
  await using orchestrator = await world.orchestrator();
  expect(await orchestrator.remove(MODEL)).toMatchObject({ label: MODEL, path: world.modelDir(), removed: true, reclaimedBytes: 3 });
  await expect(orchestrator.remove(MODEL)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
});
