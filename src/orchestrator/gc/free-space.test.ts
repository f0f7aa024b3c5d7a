import { utimesSync } from 'node:fs';
import { expect, it } from 'vitest';
import { seeded } from '../../../test/servers/http/fault-server.ts';
import { type ModelWorld, modelFixture } from '../../../test/support/model-fixture.ts';
import { storeContextOf } from '../../../test/support/test-store.ts';
import { ModelRegistry } from '../../registry/model-registry.ts';
import { Blobs } from '../../store/blobs.ts';
import { Partials } from '../../store/partials.ts';
import type { Orchestration } from '../orchestration.ts';
import { freeSpace } from './free-space.ts';

const A = 'a-tiny@1.0.0';
const B = 'b-tiny@1.0.0';
const C = 'c-tiny@1.0.0';
const HOUR_MS = 3_600_000;

/** Used ten, nine and eight hours ago. */
async function threeModels(): Promise<ModelWorld> {
  const model = (seed: number) => ({ files: { 'w.bin': seeded(100_000, seed) } });
  const world = await modelFixture({ models: { [A]: model(1), [B]: model(2), [C]: model(3) } });
  await using orchestrator = await world.orchestrator();
  for (const [index, id] of [A, B, C].entries()) {
    await orchestrator.ensure(id);
    const then = (Date.now() - (10 - index) * HOUR_MS) / 1000;
    utimesSync(`${world.modelsRoot}/.state/access/wan22@${id}`, then, then);
  }
  return world;
}

/** As much of an orchestration as a collection uses. */
function workOn({ modelsRoot, manifestPath }: ModelWorld): Orchestration {
  const store = storeContextOf(modelsRoot);
  const unused = (): never => {
    throw new Error('a collection has no use for this');
  };
  return {
    manifestPath,
    entriesPath: store.resolver.registryFile,
    guard: () => Promise.reject(new Error('no caller names a URL here')),
    store,
    blobs: new Blobs(store),
    partials: new Partials(store),
    settings: {
      pieceBytes: 262_144,
      safetyMarginBytes: 0,
      quotas: {},
      lockTimeoutMs: 1000,
      offline: true,
      environment: 'production',
      optionalComponents: [],
      gcGraceMs: HOUR_MS,
      makesRoom: true,
      maxModelAgeMs: undefined,
      trashTtlMs: 24 * HOUR_MS,
      uploadTtlMs: HOUR_MS,
      maxUploadSizeBytes: undefined,
    },
    registry: () => ModelRegistry.load({ manifestPath }),
    emitter: () => () => undefined,
    saveRegistry: unused,
    sources: unused,
    freshSources: unused,
    knownFailures: unused,
    hfCache: unused,
    engine: unused,
    tiers: { settings: [], look: unused, identify: unused, open: unused },
  };
}

it('frees as much as is asked for, longest unused first, at once', async () => {
  const world = await threeModels();
  const answer = await freeSpace(workOn(world), { bytes: 150_000, isOfVolume: true });
  expect(answer).toMatchObject({ freedBytes: 200_000, isEnough: true, inTheWay: '' });
  await using orchestrator = await world.orchestrator();
  const states = await Promise.all([A, B, C].map(async (id) => (await orchestrator.status(id)).state));
  expect(states).toEqual(['NOT_PRESENT', 'NOT_PRESENT', 'COMPLETE']);
});

it('leaves the model alone that its caller works on, and says what else stands in the way', async () => {
  const world = await threeModels();
  const work = workOn(world);
  await using orchestrator = await world.orchestrator();
  await orchestrator.pinModel(B);
  await orchestrator.localDir(C);
  const lock = work.store.resolver.modelLock('wan22', { modelId: A });
  await using _lease = await work.store.locks.acquire(lock, { timeoutMs: 0, doing: 'ensure of a test' });
  const answer = await freeSpace(work, { bytes: 1, isOfVolume: true });
  expect(answer).toMatchObject({ freedBytes: 0, isEnough: false });
  expect(answer.inTheWay).toBe('1 being worked on (97.7 KiB), 1 pinned (97.7 KiB), 1 used a short while ago (97.7 KiB)');
});
