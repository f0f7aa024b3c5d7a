/** An ensure that is short of quota or space removes what nobody holds first: longest unused, enough, and not more. */
import { existsSync, linkSync, readdirSync, rmSync, statfsSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { seeded, stallAt } from '../servers/http/fault-server.ts';
import { describeOnVolume, loopVolume, run } from '../support/loop-volume.ts';
import { type FixtureModel, type ModelWorld, modelFixture } from '../support/model-fixture.ts';
import { describeOnSmallDisk, smallDisk } from '../support/small-disk.ts';
import { storeContextOf } from '../support/test-store.ts';

const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;
const [OLD, OLDER, NEW] = ['old@1.0.0', 'older@1.0.0', 'new@1.0.0'];

const model = (seed: number, family = 'wan22'): FixtureModel => ({
  files: { 'w.safetensors': seeded(3 * MIB, seed) },
  sources: ['http'],
  keys: { family },
});

const isHere = (world: ModelWorld, id: string, family = 'wan22'): boolean =>
  existsSync(join(world.modelsRoot, family, id, '.verified.json'));

function lastUsed(world: ModelWorld, id: string, hoursAgo: number, family = 'wan22'): void {
  const then = (Date.now() - hoursAgo * HOUR_MS) / 1000;
  utimesSync(join(world.modelsRoot, '.state', 'access', `${family}@${id}`), then, then);
}

/** Two models that were used five and nine hours ago, and one that is not here. */
async function twoOldModels(root?: string): Promise<ModelWorld> {
  const world = await modelFixture({
    models: { [OLD]: model(1), [OLDER]: model(2), [NEW]: model(3) },
    ...(root !== undefined && { root }),
  });
  expect((await world.cli(['models', 'ensure', OLD, OLDER])).code).toBe(0);
  lastUsed(world, OLD, 5);
  lastUsed(world, OLDER, 9);
  return world;
}

const QUOTA = { WAN_MAX_TOTAL_SIZE: '7M' };

describe('an ensure that would go over a quota', () => {
  it('removes the longest unused model first, says which and why, and no more than it must', async () => {
    const world = await twoOldModels();
    expect((await world.cli(['models', 'plan', NEW], QUOTA)).stdout).toMatch(/^makes room +yes: removes older@1\.0\.0$/m);
    expect(isHere(world, OLDER), 'a plan removes nothing').toBe(true);
    const ran = await world.cli(['models', 'ensure', NEW], QUOTA);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stderr).toMatch(/made room: removed older@1\.0\.0 \(3\.0 MiB, not used for 9\.?\d? ?h.*`wan models pin` keeps a model/);
    expect([OLD, OLDER, NEW].map((id) => isHere(world, id))).toEqual([true, false, true]);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('removes only models of the family whose quota is short', async () => {
    const world = await modelFixture({ models: { [OLD]: model(1, 'other'), [OLDER]: model(2), [NEW]: model(3) } });
    expect((await world.cli(['models', 'ensure', OLD, OLDER])).code).toBe(0);
    lastUsed(world, OLD, 99, 'other');
    lastUsed(world, OLDER, 9);
    expect((await world.cli(['models', 'ensure', NEW], { WAN_MAX_FAMILY_SIZE: '5M' })).code).toBe(0);
    expect([isHere(world, OLD, 'other'), isHere(world, OLDER), isHere(world, NEW)]).toEqual([true, false, true]);
  });

  it('leaves pinned and recently used models alone; where the rest is not enough it removes nothing, and says what stands in the way', async () => {
    const world = await twoOldModels();
    expect((await world.cli(['models', 'pin', OLDER])).code).toBe(0);
    const tight = { WAN_MAX_TOTAL_SIZE: '4M' };
    const ran = await world.cli(['models', 'ensure', NEW, '--json'], tight);
    expect(ran.code).toBe(6);
    expect(ran.json().error).toMatchObject({ code: 'QUOTA_EXCEEDED', details: { in_the_way: '1 pinned (3.0 MiB)' } });
    expect(ran.json().error.hint).toContain('garbage collection could not free enough: 1 pinned (3.0 MiB)');
    expect([OLD, OLDER].map((id) => isHere(world, id))).toEqual([true, true]);
    lastUsed(world, OLD, 0);
    const recent = await world.cli(['models', 'ensure', NEW, '--json'], QUOTA);
    expect(recent.json().error.hint).toContain('1 used a short while ago');
    expect(isHere(world, OLD)).toBe(true);
  });

  it('frees for each quota and the volume only what the ones before did not', async () => {
    const world = await twoOldModels();
    const both = { ...QUOTA, WAN_MAX_FAMILY_SIZE: '7M' };
    expect((await world.cli(['models', 'ensure', NEW], both)).code).toBe(0);
    expect([OLD, OLDER, NEW].map((id) => isHere(world, id))).toEqual([true, false, true]);
  });

  it('removes nothing where that is switched off', async () => {
    const world = await twoOldModels();
    const ran = await world.cli(['models', 'ensure', NEW, '--json'], { ...QUOTA, WAN_ENABLE_GARBAGE_COLLECTION: 'false' });
    expect(ran.json().error.code).toBe('QUOTA_EXCEEDED');
    expect(ran.json().error.hint).not.toContain('garbage collection could not');
    expect([OLD, OLDER].map((id) => isHere(world, id))).toEqual([true, true]);
  });

  it('removes no model whose bytes it is about to use itself, where the rest of them is not enough', async () => {
    const encoder = seeded(5 * MIB, 9);
    const files = (bytes: number, seed: number) => ({ 'text_encoder/w.safetensors': encoder, 'w.safetensors': seeded(bytes, seed) });
    const world = await modelFixture({ models: { [OLD]: { files: files(3 * MIB, 1) }, [NEW]: { files: files(6 * MIB, 2) } } });
    await using first = await world.orchestrator();
    await first.ensure(OLD);
    lastUsed(world, OLD, 9);
    await using orchestrator = await world.orchestrator({ env: { WAN_MAX_TOTAL_SIZE: '9M' } });
    const planned = await orchestrator.preflight([NEW]);
    expect(planned.room).toMatchObject({ removes: [], inTheWay: expect.stringContaining('nothing else is here') });
    await expect(orchestrator.ensure(NEW)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect(isHere(world, OLD)).toBe(true);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it.each([
    ['with', {}],
    ['without', { sha256: null }],
  ])('goes on with its own unfinished download, of a file %s a digest, instead of removing it for room', async (_, keys) => {
    const files = { 'w.safetensors': { content: seeded(4 * MIB, 3), keys } };
    const world = await modelFixture({
      models: { [OLD]: model(1), [NEW]: { files, sources: ['http'] } },
      env: { WAN_GC_GRACE: '0', WAN_MAX_TOTAL_SIZE: '6M' },
    });
    await using orchestrator = await world.orchestrator();
    world.server().fault(`${NEW}/w.safetensors`, stallAt(2_500_000));
    await using unbound = await world.orchestrator({ env: { WAN_MAX_TOTAL_SIZE: '99M' } });
    await expect(unbound.ensure(NEW, { timeoutMs: 1500 })).rejects.toMatchObject({ code: 'NETWORK_TIMEOUT' });
    await unbound.ensure(OLD);
    lastUsed(world, OLD, 9);
    const served = world.server().sentBytes(`${NEW}/w.safetensors`);
    world.server().clearFaults();
    expect((await orchestrator.preflight([NEW])).room).toMatchObject({ removes: [OLD] });
    await orchestrator.ensure(NEW);
    expect(world.server().sentBytes(`${NEW}/w.safetensors`) - served).toBeLessThan(3 * MIB);
    expect(isHere(world, OLD)).toBe(false);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('waits a moment for who has the only model locked that could go, before it gives up', async () => {
    const world = await modelFixture({ models: { [OLD]: model(1), [NEW]: model(2) } });
    await using orchestrator = await world.orchestrator({ env: { WAN_MAX_TOTAL_SIZE: '4M' } });
    await orchestrator.ensure(OLD);
    lastUsed(world, OLD, 9);
    const store = storeContextOf(world.modelsRoot);
    const lease = await store.locks.acquire(store.resolver.modelLock('wan22', { modelId: OLD }), { timeoutMs: 0, doing: 'gc of a test' });
    const ensured = orchestrator.ensure(NEW);
    await Promise.all([ensured, sleep(900).then(() => lease.release())]);
    expect([OLD, NEW].map((id) => isHere(world, id))).toEqual([false, true]);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('removes no model of the same command to make room for another one of it', async () => {
    const world = await twoOldModels();
    const both = await world.cli(['models', 'ensure', OLDER, NEW, '--json'], { ...QUOTA, WAN_GC_GRACE: '0' });
    expect(both.code, both.stdout).toBe(0);
    expect([OLD, OLDER, NEW].map((id) => isHere(world, id))).toEqual([false, true, true]);
    const plan = await world.cli(['models', 'plan', '--all'], { ...QUOTA, WAN_GC_GRACE: '0' });
    expect(plan.stdout).toMatch(/^makes room +no: garbage collection could not free enough: 2 being worked on/m);
    const all = await world.cli(['models', 'ensure', NEW, OLD, OLDER, '--json'], { ...QUOTA, WAN_GC_GRACE: '0' });
    expect(all.json().error.code).toBe('QUOTA_EXCEEDED');
    expect([OLDER, NEW].map((id) => isHere(world, id))).toEqual([true, true]);
  });

  it('removes nothing where a record cannot be read, and says so', async () => {
    const world = await twoOldModels();
    const { writeFileSync } = await import('node:fs');
    writeFileSync(join(world.modelDir(OLD), '.verified.json'), '{"torn');
    const ran = await world.cli(['models', 'ensure', NEW, '--json'], QUOTA);
    expect(ran.json().error.code).toBe('QUOTA_EXCEEDED');
    expect(ran.json().error.hint).toMatch(/could not free enough: nothing is removed: .*old@1\.0\.0 has no readable record/);
    expect(isHere(world, OLDER)).toBe(true);
  });
});

describeOnSmallDisk('an ensure on a disk that is too small for all', () => {
  it('removes what is longest unused, and has its room', async () => {
    const world = await twoOldModels(await smallDisk(8 * MIB));
    const ran = await world.cli(['models', 'ensure', NEW]);
    expect(ran.code, ran.stderr).toBe(0);
    expect([OLD, OLDER, NEW].map((id) => isHere(world, id))).toEqual([true, false, true]);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('removes no model whose bytes somebody outside of the store holds by hard links, since that would free nothing', async () => {
    const root = await smallDisk(8 * MIB);
    const world = await twoOldModels(root);
    for (const id of [OLD, OLDER]) linkSync(join(world.modelDir(id), 'w.safetensors'), join(dirname(root), `${id}.exported`));
    await using orchestrator = await world.orchestrator();
    await expect(orchestrator.ensure(NEW)).rejects.toMatchObject({ code: 'NO_SPACE' });
    expect([OLD, OLDER].map((id) => isHere(world, id))).toEqual([true, true]);
    rmSync(join(dirname(root), `${OLD}.exported`));
    await orchestrator.ensure(NEW);
    expect([OLD, OLDER, NEW].map((id) => isHere(world, id))).toEqual([false, true, true]);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('leaves a model that is in use alone', async () => {
    const world = await twoOldModels(await smallDisk(8 * MIB));
    const using = world.start(['models', 'exec', OLDER, '--', 'sleep', '30']);
    while (readdirSync(join(world.modelsRoot, '.state', 'leases')).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    lastUsed(world, OLDER, 9);
    const ran = await world.cli(['models', 'ensure', NEW]);
    expect(ran.code, ran.stderr).toBe(0);
    expect([OLD, OLDER, NEW].map((id) => isHere(world, id))).toEqual([false, true, true]);
    using.child.kill('SIGTERM');
    await using.ended;
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});

describeOnVolume('xfs', 'an ensure on a volume that shares blocks', () => {
  it('removes no second model where the first one gave nothing back', async () => {
    const volume = await loopVolume('xfs');
    const world = await twoOldModels(join(volume, 'models'));
    for (const id of [OLD, OLDER]) run('cp', ['--reflink=always', join(world.modelDir(id), 'w.safetensors'), join(volume, `${id}.clone`)]);
    const { bavail, bsize } = statfsSync(volume);
    await using orchestrator = await world.orchestrator({ env: { WAN_SAFETY_MARGIN: String(bavail * bsize - 2 * MIB) } });
    const ensured = orchestrator.ensure(NEW);
    await expect(ensured).rejects.toMatchObject({
      code: 'NO_SPACE',
      hint: expect.stringContaining('clones outside of the store hold the rest'),
    });
    expect([OLD, OLDER].map((id) => isHere(world, id))).toEqual([true, false]);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});
