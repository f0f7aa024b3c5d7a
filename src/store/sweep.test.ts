import { existsSync, readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { MODEL, modelFixture } from '../../test/support/model-fixture.ts';
import { storeContextOf } from '../../test/support/test-store.ts';
import { checkInvariants } from '../compose.ts';
import { Blobs } from './blobs.ts';
import { keepSnapshotInTrash, removeSnapshot } from './sweep.ts';

const KEEPING = { family: 'wan22', ref: { modelId: MODEL }, ttlMs: 60_000, reason: 'a test' };

it.each([
  ['for good', removeSnapshot],
  ['into the trash', keepSnapshotInTrash],
] as const)('a model that is used while it is removed %s is back in its place', async (_, remove) => {
  const world = await modelFixture({ files: { a: 'x' } });
  await using orchestrator = await world.orchestrator();
  await orchestrator.ensure(MODEL);
  const context = storeContextOf(world.modelsRoot);
  const seen: string[] = [];
  const guard = () => {
    seen.push(`guard: ${readdirSync(context.resolver.trashDir()).length} in the trash`);
    return Promise.resolve();
  };
  const lookAgain = () => {
    seen.push(`then ${existsSync(world.modelDir()) ? 'still there' : 'renamed'}`);
    throw new Error('used meanwhile');
  };
  const removing =
    remove === removeSnapshot
      ? removeSnapshot(context, new Blobs(context), world.modelDir(), guard, lookAgain)
      : keepSnapshotInTrash(context, world.modelDir(), KEEPING, guard, lookAgain);
  await expect(removing).rejects.toThrow('used meanwhile');
  expect(seen).toEqual(['guard: 1 in the trash', 'then renamed']);
  expect(readdirSync(context.resolver.trashDir())).toEqual([]);
  expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
  expect(await checkInvariants(world.modelsRoot)).toEqual([]);
});
