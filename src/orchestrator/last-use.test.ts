import { existsSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MODEL, modelFixture } from '../../test/support/model-fixture.ts';

const HOUR_MS = 3_600_000;

it.each([
  ['ensure', (place: Place) => place.orchestrator.ensure(MODEL)],
  ['path', (place: Place) => place.orchestrator.localDir(MODEL)],
  ['lease', async (place: Place) => (await place.orchestrator.lease(MODEL)).release()],
  ['the path verb', (place: Place) => place.world.cli(['models', 'path', MODEL])],
  ['the path verb of what must be complete', (place: Place) => place.world.cli(['models', 'path', MODEL, '--require-complete'])],
  ['exec', (place: Place) => place.world.cli(['models', 'exec', MODEL, '--', 'true'])],
] as const)('%s is a use of the model, also after the clock was set back', async (_, use) => {
  const world = await modelFixture({ files: { a: 'x' } });
  await using orchestrator = await world.orchestrator();
  await orchestrator.ensure(MODEL);
  const access = join(world.modelsRoot, '.state', 'access', `wan22@${MODEL}`);
  for (const agoMs of [HOUR_MS, -HOUR_MS]) {
    const then = (Date.now() - agoMs) / 1000;
    utimesSync(access, then, then);
    await use({ world, orchestrator });
    expect(Math.abs(Date.now() - statSync(access).mtimeMs)).toBeLessThan(30_000);
  }
});

type World = Awaited<ReturnType<typeof modelFixture>>;
interface Place {
  readonly world: World;
  readonly orchestrator: Awaited<ReturnType<World['orchestrator']>>;
}

it('to ask where a model would be is no use of one that is not here', async () => {
  const world = await modelFixture({ files: { a: 'x' } });
  await using orchestrator = await world.orchestrator();
  expect(await orchestrator.localDir(MODEL)).toBe(world.modelDir());
  expect(existsSync(world.modelsRoot)).toBe(false);
});
