import { expect, it } from 'vitest';
import { MODEL, modelFixture } from '../../../test/support/model-fixture.ts';
import { testService } from '../../../test/support/test-service.ts';
import { duData } from '../../documents/du.ts';

it('what takes the disk is told as `wan models du` tells it', async () => {
  const { ask, orchestrator } = await testService(await modelFixture({ files: { 'a.bin': 'bytes' } }));
  expect((await ask('/v1/disk')).as(duData).models).toEqual([]);
  await orchestrator.ensure(MODEL);
  await expect.poll(async () => (await ask('/v1/disk')).as(duData).models.map(({ ref }) => ref), { timeout: 10_000 }).toEqual([MODEL]);
});
