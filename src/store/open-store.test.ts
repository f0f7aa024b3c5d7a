import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { census } from '../../test/support/census.ts';
import { MODEL, modelFixture } from '../../test/support/model-fixture.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { storeContextOf } from '../../test/support/test-store.ts';
import type { ModelOrchestrator } from '../orchestrator/api.ts';
import { openStore } from './open-store.ts';
import { encodeRecord } from './record.ts';

it('a cache tag that was cut short before the store was made is written again', async () => {
  const context = storeContextOf(join(await tempDir(), 'models'));
  mkdirSync(context.resolver.root);
  writeFileSync(context.resolver.cacheTag(), 'Signature: 8a');
  const id = await openStore(context);
  expect(readFileSync(context.resolver.cacheTag(), 'utf8')).toContain('Signature: 8a477f597d28d172789f06886806bc55\n');
  expect(await openStore(context)).toBe(id);
});

const verbsOf = (orchestrator: ModelOrchestrator): Readonly<Record<string, () => Promise<unknown>>> => ({
  list: () => orchestrator.listModels(),
  plan: () => orchestrator.plan(MODEL),
  ensure: () => orchestrator.ensure(MODEL),
  verify: () => orchestrator.verifyIntegrity(MODEL),
  repair: () => orchestrator.repair(MODEL),
  scrub: () => orchestrator.scrub(),
  rebuild: () => orchestrator.rebuild(),
  'rebuild, planned': () => orchestrator.rebuild({ dryRun: true }),
  remove: () => orchestrator.remove(MODEL),
  status: () => orchestrator.status(MODEL),
  gc: () => orchestrator.gc({ olderThanMs: 1 }),
  'gc, planned': () => orchestrator.planGc({ olderThanMs: 1 }),
  du: () => orchestrator.diskUsage(),
  pin: () => orchestrator.pinModel(MODEL),
  lease: () => orchestrator.lease(MODEL),
  'tier move': () => orchestrator.moveToTier(MODEL, { to: 'cold' }),
  'tier move, planned': () => orchestrator.moveToTier(MODEL, { to: 'cold', dryRun: true }),
  'tier move back': () => orchestrator.moveToTier(MODEL, { to: 'fast' }),
  'tier drop': () => orchestrator.dropFromTier(MODEL),
  'tier status': () => orchestrator.tierStatus(),
});

describe('a store of another format version', () => {
  /** As its own program would write it: the record checks, or it checks by rules of its own. */
  const versions = [
    ['newer', { format: 'wan-store', version: 2, store_id: 'x', created_at: '2030-01-01T00:00:00.000Z' }, 'use the newer wan-models'],
    ['older than any', { format: 'wan-store', version: 0, store_id: 'x', created_at: '2020-01-01T00:00:00.000Z' }, 'wan models rebuild'],
  ] as const;

  it.each(versions.flatMap(([name, body, hint]) => [true, false].map((checks) => [name, checks, body, hint] as const)))(
    '%s (a record that checks: %s) is refused by every verb, with what to do, and nothing in it changes',
    async (_, checks, body, hint) => {
      const world = await modelFixture({ files: { 'a.bin': 'a' }, env: { WAN_TIERS: 'cold=cold-tier' } });
      await (await world.orchestrator()).ensure(MODEL);
      writeFileSync(join(world.modelsRoot, 'STORE.json'), checks ? encodeRecord(body) : JSON.stringify(body));
      const before = census(world.modelsRoot);
      for (const [verb, run] of Object.entries(verbsOf(await world.orchestrator()))) {
        await expect(run(), verb).rejects.toMatchObject({
          code: 'SCHEMA_VERSION_MISMATCH',
          reason: 'store_version',
          hint: expect.stringContaining(hint),
        });
      }
      expect(census(world.modelsRoot)).toEqual(before);
    },
  );

  it('is none where STORE.json is only torn: it is written again, and the models are as they were', async () => {
    const world = await modelFixture({ files: { 'a.bin': 'a' } });
    await (await world.orchestrator()).ensure(MODEL);
    const path = join(world.modelsRoot, 'STORE.json');
    writeFileSync(path, readFileSync(path).subarray(0, 30));
    expect(await (await world.orchestrator()).rebuild()).toMatchObject({ ok: true, storeRecordMade: true });
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ format: 'wan-store', version: 1 });
    expect((await (await world.orchestrator()).status(MODEL)).state).toBe('COMPLETE');
  });
});

describe('a root that must be a store already', () => {
  const env = { WAN_TIERS: 'cold=cold-tier', WAN_REQUIRE_STORE: 'true' };

  it('and is an empty mount point is refused by every verb, and stays empty', async () => {
    const world = await modelFixture({ files: { 'a.bin': 'a' }, env });
    mkdirSync(world.modelsRoot);
    const before = census(world.directory);
    for (const [verb, run] of Object.entries(verbsOf(await world.orchestrator()))) {
      await expect(run(), verb).rejects.toMatchObject({
        ...{ code: 'INVALID_CONFIG', reason: 'no_store', message: expect.stringContaining(world.modelsRoot) },
        hint: expect.stringContaining('is its volume mounted?'),
      });
    }
    expect(census(world.directory)).toEqual(before);
  });

  it('and is not there is not made', async () => {
    const world = await modelFixture({ files: { 'a.bin': 'a' }, env });
    await expect((await world.orchestrator()).ensure(MODEL)).rejects.toMatchObject({ reason: 'no_store' });
    expect(existsSync(world.modelsRoot)).toBe(false);
  });

  it('is worked on where it is one, also where its record is torn', async () => {
    const world = await modelFixture({ files: { 'a.bin': 'a' }, env });
    await (await world.orchestrator({ env: { WAN_REQUIRE_STORE: 'false' } })).ensure(MODEL);
    const path = join(world.modelsRoot, 'STORE.json');
    writeFileSync(path, readFileSync(path).subarray(0, 30));
    const orchestrator = await world.orchestrator();
    expect((await orchestrator.ensureDetailed(MODEL, { force: true })).fetchedBytes).toBe(1);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ format: 'wan-store' });
  });
});
