/** A volume without one free block: what gives room back, and what only uses a model, must work there. A tmpfs would hide what a block costs. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { seeded } from '../servers/http/fault-server.ts';
import { describeOnVolume, loopVolume } from '../support/loop-volume.ts';
import { type ModelWorld, modelFixture } from '../support/model-fixture.ts';
import { describeOnSmallDisk, smallDisk } from '../support/small-disk.ts';

const MIB = 1024 * 1024;
const [A, B, ALIAS] = ['a-full@1.0.0', 'b-full@1.0.0', 'alias@1.0.0'];
const SHARED = seeded(2 * MIB, 9);

async function fullVolume(): Promise<{ world: ModelWorld; freedBytes: () => number }> {
  const volume = await loopVolume('ext4');
  const model = (seed: number) => ({ files: { 'shared.bin': SHARED, 'own.bin': seeded(4 * MIB, seed) } });
  const world = await modelFixture({
    models: { [A]: model(1), [B]: model(2), [ALIAS]: { files: { 'shared.bin': SHARED } } },
    root: join(volume, 'models'),
  });
  await using orchestrator = await world.orchestrator();
  await orchestrator.ensure(A);
  await orchestrator.ensure(B);
  await orchestrator.ensure(ALIAS);
  for (const blockBytes of [MIB, 1024]) fill(join(volume, `ballast-${blockBytes}`), blockBytes);
  expect(() => mkdirSync(join(volume, 'one-more'))).toThrow('ENOSPC');
  const { bfree: before, bsize } = statfsSync(volume);
  return { world, freedBytes: () => (statfsSync(volume).bfree - before) * bsize };
}

describeOnSmallDisk('a volume with room and without one free inode', () => {
  it('lets gc remove what it cannot keep in the trash', async () => {
    const world = await modelFixture({
      models: { [A]: { files: { 'own.bin': seeded(4 * MIB, 1) } } },
      root: await smallDisk(64 * MIB, { inodes: 1000 }),
    });
    await using orchestrator = await world.orchestrator();
    await orchestrator.ensure(A);
    const ballast = mkdirSync(join(world.modelsRoot, '..', 'ballast'), { recursive: true }) ?? '';
    expect(() => {
      for (let name = 0; ; name++) writeFileSync(join(ballast, String(name)), '');
    }).toThrow('ENOSPC');
    const plan = await orchestrator.planGc({ olderThanMs: 0 });
    expect(plan.items).toMatchObject([{ action: 'trash' }]);
    const report = await orchestrator.gc({ plan });
    expect(report).toMatchObject({ reclaimedBytes: 4 * MIB, trashBytes: 0, items: [{ action: 'remove', bytes: 4 * MIB }] });
    expect(existsSync(world.modelDir(A))).toBe(false);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});

/** Until not one more block can be had. */
function fill(path: string, blockBytes: number): void {
  const fd = openSync(path, 'w');
  expect(() => {
    for (;;) writeSync(fd, Buffer.alloc(blockBytes));
  }).toThrow('ENOSPC');
  fsyncSync(fd);
  closeSync(fd);
}

describeOnVolume('ext4', 'a volume without a free block', () => {
  it('lets rm remove a model, and gives back its bytes', async () => {
    const { world, freedBytes } = await fullVolume();
    await using orchestrator = await world.orchestrator();
    // Frees nothing itself, and has proofs to write anew: those go stale instead.
    await orchestrator.remove(ALIAS);
    expect(await orchestrator.status(B)).toMatchObject({ state: 'COMPLETE' });
    await orchestrator.remove(A);
    expect(existsSync(world.modelDir(A))).toBe(false);
    expect(freedBytes()).toBeGreaterThanOrEqual(4 * MIB);
    expect(await orchestrator.status(B)).toMatchObject({ state: 'COMPLETE' });
    await orchestrator.ensure(B);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('lets gc remove models, and gives back all their bytes', async () => {
    const { world, freedBytes } = await fullVolume();
    await using orchestrator = await world.orchestrator();
    const report = await orchestrator.gc({ olderThanMs: 0, purge: true });
    expect(report.reclaimedBytes).toBe(10 * MIB);
    expect(freedBytes()).toBeGreaterThanOrEqual(10 * MIB);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('is no place for a trash: what gc removes comes back at once, as the plan has said', async () => {
    const { world, freedBytes } = await fullVolume();
    await using orchestrator = await world.orchestrator();
    const plan = await orchestrator.planGc({ olderThanMs: 0 });
    expect(plan.items.map(({ action }) => action)).toEqual(['remove', 'remove', 'remove']);
    const report = await orchestrator.gc({ olderThanMs: 0 });
    expect(report).toMatchObject({ reclaimedBytes: 10 * MIB, trashBytes: 0 });
    expect(report.items[0]?.why).toContain('not kept in the trash, since the volume is short of space');
    expect(freedBytes()).toBeGreaterThanOrEqual(10 * MIB);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('lets a program use a model that is complete, and keeps that from being removed', async () => {
    const { world } = await fullVolume();
    await using orchestrator = await world.orchestrator();
    const held = await orchestrator.lease(A);
    await expect(orchestrator.remove(A)).rejects.toMatchObject({ reason: 'model_leased' });
    await held.release();
    await orchestrator.remove(A);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});
