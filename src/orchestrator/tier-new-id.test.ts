/** Two roots with one store id, as copied disk images have it, and one tier. */
import { cpSync, existsSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../test/servers/http/fault-server.ts';
import { MODEL, modelFixture } from '../../test/support/model-fixture.ts';
import { storeContextOf } from '../../test/support/test-store.ts';
import { checkBoth, filesIn, otherVolume } from '../../test/support/tier-world.ts';
import { readStoreId } from '../store/open-store.ts';

/** A model that lies in the tier alone, and whose sources are gone; and a copy of the root. */
async function copied() {
  const tier = await otherVolume();
  const world = await modelFixture({ files: { 'a.bin': seeded(300_000, 1) }, env: { WAN_TIERS: `cold=${tier}` } });
  const original = await world.orchestrator();
  await original.ensure(MODEL);
  await original.moveToTier(MODEL, { to: 'cold' });
  rmSync(world.folder(), { recursive: true });
  const root = join(world.directory, 'copy');
  cpSync(world.modelsRoot, root, { recursive: true, preserveTimestamps: true });
  const copy = await world.orchestrator({ env: { MODELS_ROOT: root } });
  const owners = async (): Promise<string[]> => (await readdir(join(tier, 'models'))).sort();
  return { tier, world, original, root, copy, owners };
}

const idOf = (root: string): string => readStoreId(storeContextOf(root)) ?? '';

describe('a root that was copied with its store id', () => {
  it('loses what it has in a tier to the other one, as docs/tiers.md says', async () => {
    const { tier, original, copy } = await copied();
    await original.moveToTier(MODEL, { to: 'fast' });
    expect(await filesIn(tier, 'sha256')).toEqual([]);
    await expect(copy.ensure(MODEL)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
  });

  it('keeps it under an id of its own, whatever the other one gives back', async () => {
    const { tier, world, original, root, copy, owners } = await copied();
    const before = idOf(root);
    const renewed = await copy.newTierId();
    expect(renewed).toMatchObject({ before, counted: [{ modelId: MODEL }], missing: [] });
    expect([idOf(root), idOf(world.modelsRoot)]).toEqual([renewed.storeId, before]);
    expect(await owners()).toEqual([before, renewed.storeId].sort());
    expect(await checkBoth(root, tier)).toEqual([]);
    await original.moveToTier(MODEL, { to: 'fast' });
    expect(await filesIn(tier, 'sha256')).toHaveLength(1);
    await copy.ensure(MODEL, { offline: true });
    expect(await copy.verifyIntegrity(MODEL)).toMatchObject({ ok: true });
    await copy.moveToTier(MODEL, { to: 'fast' });
    expect(await filesIn(tier)).toEqual(['TIER.json']);
    for (const one of [root, world.modelsRoot]) expect(await checkBoth(one, tier)).toEqual([]);
  });

  it('is told what the other one has given back before', async () => {
    const { tier, original, copy } = await copied();
    await original.moveToTier(MODEL, { to: 'fast' });
    expect(await copy.newTierId()).toMatchObject({ counted: [], missing: [{ modelId: MODEL }] });
    const { models } = await copy.tierStatus([], { verify: true });
    expect(models).toMatchObject([{ faults: [{}] }]);
    await copy.dropFromTier(MODEL, { force: true });
    expect(await filesIn(tier)).toEqual(['TIER.json']);
  });

  it('counts again on what it has, where its STORE.json was lost and made anew', async () => {
    const { tier, root, copy } = await copied();
    rmSync(join(root, 'STORE.json'));
    await copy.rebuild();
    expect(await checkBoth(root, tier)).toMatchObject([expect.stringContaining('not registered there')]);
    expect(await copy.newTierId()).toMatchObject({ counted: [{ modelId: MODEL }] });
    expect(await checkBoth(root, tier)).toEqual([]);
  });

  it('is not made where there is none', async () => {
    const { world } = await copied();
    const root = join(world.directory, 'nothing');
    const orchestrator = await world.orchestrator({ env: { MODELS_ROOT: root } });
    await expect(orchestrator.newTierId()).rejects.toMatchObject({ code: 'INVALID_INPUT', reason: 'store_unknown' });
    expect(existsSync(root)).toBe(false);
  });

  it('keeps its id where a tier is not there, and another one where both ask at once', async () => {
    const { tier, world, original, root, copy } = await copied();
    const before = idOf(root);
    const away = `${tier}.away`;
    cpSync(tier, away, { recursive: true });
    rmSync(tier, { recursive: true });
    await expect(copy.newTierId()).rejects.toMatchObject({ reason: 'tier_absent' });
    expect(idOf(root)).toBe(before);
    cpSync(away, tier, { recursive: true });
    rmSync(away, { recursive: true });
    const renewed = await Promise.all([copy.newTierId(), original.newTierId(), copy.newTierId()]);
    expect(new Set(renewed.map(({ storeId }) => storeId)).size).toBe(3);
    for (const one of [root, world.modelsRoot]) expect(await checkBoth(one, tier)).toEqual([]);
  });
});
