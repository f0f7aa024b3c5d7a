import { existsSync, rmSync, statSync } from 'node:fs';
import { chmod, mkdir, open, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../test/servers/http/fault-server.ts';
import { digestOf, MODEL, modelFixture } from '../../test/support/model-fixture.ts';
import { storeContextOf } from '../../test/support/test-store.ts';
import { checkBoth, filesIn, otherVolume } from '../../test/support/tier-world.ts';
import { derivedModel } from '../../test/support/tiny-weights.ts';
import type { ModelEvent } from '../domain/events.ts';
import { encodeRecord } from '../store/record.ts';

const SHARED = seeded(300_000, 7);
const FILES = { 'config.json': '{"a":1}', 'vae/a.bin': seeded(500_000, 1), 'te/b.bin': SHARED };
const OTHER = 'i2v-tiny@2.2.0';

async function worldWithTier(sources: readonly string[] = ['local']) {
  const tier = await otherVolume();
  const models = { [MODEL]: { files: FILES, sources }, [OTHER]: { files: { 'own.bin': seeded(90_000, 3), 'te/b.bin': SHARED }, sources } };
  const world = await modelFixture({ models, env: { WAN_TIERS: `cold=${tier}` } });
  return { world, tier, orchestrator: await world.orchestrator() };
}

const blobPath = (tier: string, digest: string) => join(tier, 'sha256', digest.slice(0, 2), digest);

async function flip(path: string): Promise<void> {
  await chmod(path, 0o644);
  const handle = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await handle.read(byte, 0, 1, 1000);
  byte[0] = (byte[0] ?? 0) ^ 1;
  await handle.write(byte, 0, 1, 1000);
  await handle.close();
}

describe('a move to a tier', () => {
  it('takes the model away once it is proven there, and ensure brings it back, offline and without its sources', async () => {
    const { world, tier, orchestrator } = await worldWithTier();
    await orchestrator.ensure(MODEL);
    const moved = await orchestrator.moveToTier(MODEL, { to: 'cold' });
    expect(moved).toMatchObject({
      to: 'cold',
      done: true,
      totalBytes: 800_007,
      storedBytes: 800_007,
      writtenBytes: 800_007,
      reclaimedBytes: 800_007,
    });
    expect(existsSync(world.modelDir())).toBe(false);
    expect(await filesIn(tier, 'sha256')).toHaveLength(3);
    expect(await filesIn(tier, 'tmp')).toEqual([]);
    expect(await orchestrator.status(MODEL)).toMatchObject({ state: 'NOT_PRESENT', tier: 'cold' });
    expect(await orchestrator.listModels()).toMatchObject([{ modelId: MODEL, tier: 'cold' }, { modelId: OTHER }]);
    await rm(world.folder(), { recursive: true });
    const back = await orchestrator.ensureDetailed(MODEL, { offline: true });
    expect(back).toMatchObject({ fetchedBytes: 0, proof: 'manifest-sha256' });
    expect(back.files.every(({ origin }) => origin === 'copied')).toBe(true);
    expect(await orchestrator.status(MODEL)).toMatchObject({ state: 'COMPLETE', tier: 'cold' });
    expect((await orchestrator.verifyIntegrity(MODEL)).ok).toBe(true);
    expect(await checkBoth(world.modelsRoot, tier)).toEqual([]);
  });

  it('keeps what other models share, and writes shared blobs once', async () => {
    const { world, tier, orchestrator } = await worldWithTier();
    await orchestrator.ensure(MODEL);
    await orchestrator.ensure(OTHER);
    expect(await orchestrator.moveToTier(MODEL, { to: 'cold', dryRun: true })).toMatchObject({
      done: false,
      writtenBytes: 800_007,
      reclaimedBytes: 500_007,
    });
    expect(await filesIn(tier)).toEqual([]);
    expect(await orchestrator.moveToTier(MODEL, { to: 'cold' })).toMatchObject({ reclaimedBytes: 500_007 });
    expect(await orchestrator.status(OTHER)).toMatchObject({ state: 'COMPLETE' });
    const second = await orchestrator.moveToTier(OTHER, { to: 'cold' });
    expect(second).toMatchObject({ writtenBytes: 90_000, reclaimedBytes: 390_000 });
    expect(second.blobs.find(({ paths }) => paths[0] === 'te/b.bin')).toMatchObject({ action: 'found' });
    expect(await checkBoth(world.modelsRoot, tier)).toEqual([]);
  });

  it('and back again clears the tier, but for what other models have there', async () => {
    const { world, tier, orchestrator } = await worldWithTier();
    for (const model of [MODEL, OTHER]) await orchestrator.ensure(model);
    for (const model of [MODEL, OTHER]) await orchestrator.moveToTier(model, { to: 'cold' });
    expect(await orchestrator.moveToTier(MODEL, { to: 'fast' })).toMatchObject({ to: 'fast', done: true, reclaimedBytes: 500_007 });
    expect(await orchestrator.status(MODEL)).toMatchObject({ state: 'COMPLETE' });
    expect((await orchestrator.status(MODEL)).tier).toBeUndefined();
    expect(await filesIn(tier, 'sha256')).toHaveLength(2);
    expect(await orchestrator.moveToTier(OTHER, { to: 'fast' })).toMatchObject({ reclaimedBytes: 390_000 });
    expect(await filesIn(tier, 'sha256')).toEqual([]);
    expect(await filesIn(tier, 'models')).toEqual([]);
    expect(await checkBoth(world.modelsRoot, tier)).toEqual([]);
  });

  it('of what lies there already writes nothing twice, and proves it anew', async () => {
    const { tier, world, orchestrator } = await worldWithTier();
    await orchestrator.ensure(MODEL);
    await orchestrator.moveToTier(MODEL, { to: 'cold' });
    await orchestrator.ensure(MODEL);
    await flip(blobPath(tier, digestOf(FILES['vae/a.bin'])));
    expect(await orchestrator.moveToTier(MODEL, { to: 'cold' })).toMatchObject({ writtenBytes: 500_000, reclaimedBytes: 800_007 });
    expect(await orchestrator.moveToTier(MODEL, { to: 'cold' })).toMatchObject({ done: true, writtenBytes: 0, reclaimedBytes: 0 });
    expect(await checkBoth(world.modelsRoot, tier)).toEqual([]);
  });

  it('does not take away a model whose bytes are not what was published, nor what belongs to people', async () => {
    const { world, tier, orchestrator } = await worldWithTier();
    await orchestrator.ensure(MODEL);
    await writeFile(join(world.modelDir(), 'notes.txt'), 'mine');
    await expect(orchestrator.moveToTier(MODEL, { to: 'cold' })).rejects.toMatchObject({ code: 'INVALID_INPUT', reason: 'foreign_files' });
    await rm(join(world.modelDir(), 'notes.txt'));
    await flip(join(world.modelDir(), 'vae/a.bin'));
    await expect(orchestrator.moveToTier(MODEL, { to: 'cold' })).rejects.toMatchObject({ code: 'CHECKSUM_FAIL', reason: 'changed_here' });
    expect(existsSync(join(world.modelDir(), 'vae/a.bin'))).toBe(true);
    expect(await filesIn(tier, 'tmp')).toEqual([]);
    await expect(orchestrator.moveToTier(OTHER, { to: 'cold' })).rejects.toMatchObject({ code: 'INVALID_INPUT', reason: 'not_complete' });
    const inside = await world.orchestrator({ env: { WAN_TIERS: `cold=${join(world.modelsRoot, 'cold')}` } });
    await expect(inside.moveToTier(MODEL, { to: 'cold' })).rejects.toMatchObject({ code: 'INVALID_CONFIG', reason: 'tier_in_root' });
    await expect(orchestrator.moveToTier(MODEL, { to: 'colds' })).rejects.toMatchObject({
      reason: 'tier_unknown',
      hint: 'did you mean cold?',
    });
  });
});

describe('a model that is held', () => {
  it('by a pin or a lease is not moved, and the policy leaves it alone', async () => {
    const { world, tier, orchestrator } = await worldWithTier();
    await orchestrator.ensure(MODEL);
    await orchestrator.pinModel(MODEL, { reason: 'demo' });
    await expect(orchestrator.moveToTier(MODEL, { to: 'cold' })).rejects.toMatchObject({
      code: 'CONCURRENT_MODIFICATION',
      reason: 'model_pinned',
    });
    await orchestrator.unpinModel(MODEL);
    const held = await orchestrator.lease(MODEL);
    await expect(orchestrator.moveToTier(MODEL, { to: 'cold' })).rejects.toMatchObject({ reason: 'model_leased' });
    expect(await filesIn(tier)).toEqual([]);
    await held[Symbol.asyncDispose]();
    expect(await orchestrator.moveToTier(MODEL, { to: 'cold' })).toMatchObject({ done: true });
    expect(await checkBoth(world.modelsRoot, tier)).toEqual([]);
  });
});

describe('a model that comes back from a tier', () => {
  it('with a flipped bit there comes from its next source, and the bad blob is named', async () => {
    const { world, tier, orchestrator } = await worldWithTier();
    await orchestrator.ensure(MODEL);
    await orchestrator.moveToTier(MODEL, { to: 'cold' });
    const bad = blobPath(tier, digestOf(FILES['vae/a.bin']));
    await flip(bad);
    const events: ModelEvent[] = [];
    const back = await orchestrator.ensureDetailed(MODEL, { onEvent: (event) => events.push(event) });
    expect(back.liars).toEqual([`tier://cold${bad}`]);
    expect(events.find(({ type }) => type === 'source.lied')).toMatchObject({ source: `tier://cold${bad}`, file: 'vae/a.bin' });
    expect(await orchestrator.status(MODEL)).toMatchObject({ state: 'COMPLETE' });
    const report = await orchestrator.tierStatus([], { verify: true });
    expect(report.models.find(({ ref }) => ref.modelId === MODEL)?.faults).toEqual([
      { digest: digestOf(FILES['vae/a.bin']), place: bad, fault: 'digest' },
    ]);
    await rm(world.folder(), { recursive: true });
    await rm(world.modelsRoot, { recursive: true });
    await expect(orchestrator.ensure(MODEL, { offline: true })).rejects.toMatchObject({ code: 'CHECKSUM_FAIL' });
  });

  it('has no need of a digest in the manifest: the one that it was published with finds it', async () => {
    const tier = await otherVolume();
    const world = await modelFixture({
      files: { 'a.bin': { content: seeded(70_000, 4), keys: { sha256: null } } },
      env: { WAN_TIERS: `cold=${tier}` },
    });
    const orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL);
    await orchestrator.moveToTier(MODEL, { to: 'cold' });
    expect(await orchestrator.status(MODEL)).toMatchObject({ state: 'NOT_PRESENT', tier: 'cold' });
    await rm(world.folder(), { recursive: true });
    expect(await orchestrator.ensureDetailed(MODEL, { offline: true })).toMatchObject({ fetchedBytes: 0 });
  });

  it('from a tier that is not mounted comes from its sources; nothing is written to the empty mount point', async () => {
    const { world, tier, orchestrator } = await worldWithTier();
    await orchestrator.ensure(MODEL);
    await orchestrator.ensure(OTHER);
    await orchestrator.moveToTier(MODEL, { to: 'cold' });
    await rename(tier, `${tier}-elsewhere`);
    await mkdir(tier);
    try {
      const events: ModelEvent[] = [];
      await orchestrator.ensure(MODEL, { onEvent: (event) => events.push(event) });
      expect(events.find(({ type }) => type === 'source.failed')).toMatchObject({
        source: 'tier://cold',
        error: { reason: 'tier_absent' },
      });
      await expect(orchestrator.moveToTier(OTHER, { to: 'cold' })).rejects.toMatchObject({
        code: 'SOURCE_UNAVAILABLE',
        reason: 'tier_absent',
      });
      expect(await orchestrator.tierStatus()).toMatchObject({ tiers: [{ name: 'cold', problem: expect.stringContaining('TIER.json') }] });
      const verified = await world.cli(['models', 'tier', 'status', '--verify', '--json']);
      expect([verified.code, verified.json().error.reason]).toEqual([4, 'tier_absent']);
      expect((await orchestrator.diskUsage()).tiers).toEqual([{ name: 'cold', modelCount: 1, totalBytes: 800_007, storedBytes: 800_007 }]);
      expect(await filesIn(tier)).toEqual([]);
      expect(existsSync(world.modelDir(OTHER))).toBe(true);
    } finally {
      await rm(tier, { recursive: true });
      await rename(`${tier}-elsewhere`, tier);
    }
    expect(await orchestrator.moveToTier(OTHER, { to: 'cold' })).toMatchObject({ done: true });
    expect(await checkBoth(world.modelsRoot, tier)).toEqual([]);
  });

  it('from a tier whose folder another root made meanwhile is refused there', async () => {
    const { world, tier, orchestrator } = await worldWithTier();
    await orchestrator.ensure(MODEL);
    await orchestrator.ensure(OTHER);
    await orchestrator.moveToTier(MODEL, { to: 'cold' });
    await rename(tier, `${tier}-elsewhere`);
    const stranger = await world.orchestrator({ env: { MODELS_ROOT: join(world.directory, 'other-root') } });
    await stranger.ensure(OTHER);
    await stranger.moveToTier(OTHER, { to: 'cold' });
    await expect(orchestrator.moveToTier(OTHER, { to: 'cold' })).rejects.toMatchObject({ reason: 'tier_other' });
    await rm(`${tier}-elsewhere`, { recursive: true });
  });
});

describe('a derived variant', () => {
  const BF16 = `${MODEL}@bf16`;

  it('comes back from its tier as it was made, without its inputs and without a cast', async () => {
    const tier = await otherVolume();
    const world = await modelFixture({ ...derivedModel(), sources: ['local'], env: { WAN_TIERS: `cold=${tier}` } });
    const orchestrator = await world.orchestrator();
    const made = await orchestrator.ensureDetailed(BF16);
    await orchestrator.moveToTier(BF16, { to: 'cold' });
    expect(await orchestrator.status(BF16)).toMatchObject({ state: 'NOT_PRESENT', tier: 'cold' });
    await rm(world.folder(), { recursive: true });
    await rm(join(world.modelsRoot, '.blobs'), { recursive: true });
    const back = await orchestrator.ensureDetailed(BF16, { offline: true });
    expect(back.files.map(({ path, sizeBytes }) => [path, sizeBytes])).toEqual(made.files.map(({ path, sizeBytes }) => [path, sizeBytes]));
    expect(new Set(back.files.map(({ origin }) => origin))).toEqual(new Set(['copied']));
    expect((await orchestrator.verifyIntegrity(BF16)).ok).toBe(true);
    expect(await checkBoth(world.modelsRoot, tier)).toEqual([]);
  });
});

describe('what is on record', () => {
  it('here and lost is found again in the tier by the next move there', async () => {
    const { world, tier, orchestrator } = await worldWithTier();
    for (const model of [MODEL, OTHER]) await orchestrator.ensure(model);
    await orchestrator.moveToTier(MODEL, { to: 'cold' });
    await rm(join(world.modelsRoot, '.state', 'cold'), { recursive: true });
    expect((await orchestrator.status(MODEL)).tier).toBeUndefined();
    await orchestrator.moveToTier(OTHER, { to: 'cold' });
    expect(await orchestrator.status(MODEL)).toMatchObject({ state: 'NOT_PRESENT', tier: 'cold' });
    expect(await checkBoth(world.modelsRoot, tier)).toEqual([]);
  });

  it('in the tier by somebody, and cannot be read, keeps all that lies there', async () => {
    const { tier, orchestrator } = await worldWithTier();
    await orchestrator.ensure(MODEL);
    await orchestrator.moveToTier(MODEL, { to: 'cold' });
    await mkdir(join(tier, 'models', 'another-root'));
    await writeFile(join(tier, 'models', 'another-root', 'wan22@torn'), '{"schema":');
    expect(await orchestrator.moveToTier(MODEL, { to: 'fast' })).toMatchObject({ reclaimedBytes: 0 });
    expect(await filesIn(tier, 'sha256')).toHaveLength(3);
  });

  it.each([
    ['is no record', 'hello'],
    [
      'has no files',
      encodeRecord({
        state: 'whole',
        schema: 'wan.cold/v1',
        tier: 'cold',
        snapshot: { schema: 'wan.verified/v1', spec_digest: 'a'.repeat(64) },
      }),
    ],
    [
      'names a place outside',
      encodeRecord({
        state: 'moving',
        schema: 'wan.cold/v1',
        tier: 'cold',
        family: '../..',
        blobs: [],
        snapshot: { schema: 'wan.verified/v1', spec_digest: 'a'.repeat(64), files: [], left_out: [], ref: { modelId: '../x@1.0.0' } },
      }),
    ],
  ])('in the tier of this root, and somebody made it up so that it %s, harms nothing', async (_, text) => {
    const { world, tier, orchestrator } = await worldWithTier();
    await orchestrator.ensure(MODEL);
    await orchestrator.moveToTier(MODEL, { to: 'cold' });
    const [own = ''] = await readdir(join(tier, 'models'));
    await writeFile(join(tier, 'models', own, 'made-up'), text);
    await orchestrator.ensure(OTHER);
    expect(await orchestrator.moveToTier(OTHER, { to: 'cold' })).toMatchObject({ done: true });
    await orchestrator.ensure(OTHER, { offline: true });
    await orchestrator.ensure(MODEL, { offline: true });
    expect(await checkBoth(world.modelsRoot, tier)).toEqual([]);
  });

  it('of a model whose manifest names other bytes by now is told as outdated; a new move takes the old ones out', async () => {
    const { world, tier, orchestrator } = await worldWithTier();
    await orchestrator.ensure(MODEL);
    await orchestrator.moveToTier(MODEL, { to: 'cold' });
    await world.write({ [MODEL]: { files: { ...FILES, 'vae/a.bin': seeded(500_000, 99) } } });
    const later = await world.orchestrator();
    expect((await later.tierStatus()).models).toMatchObject([{ tier: 'cold', isOutdated: true, isHere: false }]);
    expect((await later.status(MODEL)).tier).toBeUndefined();
    expect(await later.ensureDetailed(MODEL)).toMatchObject({ fetchedBytes: 500_000 });
    expect(await later.moveToTier(MODEL, { to: 'cold' })).toMatchObject({ writtenBytes: 500_000 });
    expect((await later.tierStatus()).models).toMatchObject([{ tier: 'cold', isOutdated: false }]);
    expect(await filesIn(tier, 'sha256')).toHaveLength(3);
    expect(await checkBoth(world.modelsRoot, tier)).toEqual([]);
  });
});

describe('two roots with one tier', () => {
  it('share blobs, and neither takes what the other counts on', async () => {
    const { world, tier, orchestrator } = await worldWithTier();
    const root = join(world.directory, 'other-root');
    const second = await world.orchestrator({ env: { MODELS_ROOT: root } });
    for (const one of [orchestrator, second]) {
      await one.ensure(MODEL);
      await one.moveToTier(MODEL, { to: 'cold' });
    }
    expect(await orchestrator.moveToTier(MODEL, { to: 'fast' })).toMatchObject({ reclaimedBytes: 0 });
    await rm(world.folder(), { recursive: true });
    await second.ensure(MODEL, { offline: true });
    expect(await checkBoth(root, tier)).toEqual([]);
    expect(await second.dropFromTier(MODEL)).toMatchObject({ reclaimedBytes: 800_007 });
    expect(await filesIn(tier, 'sha256')).toEqual([]);
  });
});

describe('a tier that somebody else is at', () => {
  it('by another name, in the same root, is waited for: what is under way there is not mended away', async () => {
    const { world, tier, orchestrator } = await worldWithTier();
    const alias = join(world.directory, 'alias');
    await symlink(tier, alias);
    for (const model of [MODEL, OTHER]) await orchestrator.ensure(model);
    await orchestrator.moveToTier(MODEL, { to: 'cold' });
    const { tier_id: id } = JSON.parse(await readFile(join(tier, 'TIER.json'), 'utf8'));
    const { locks, resolver } = storeContextOf(world.modelsRoot);
    const held = await locks.acquire(resolver.tierIdLock(id), { timeoutMs: 1000, doing: 'test' });
    const second = await world.orchestrator({ env: { WAN_TIERS: `again=${alias}`, WAN_LOCK_TIMEOUT: '0.3s' } });
    await expect(second.moveToTier(OTHER, { to: 'again' })).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
    await held.release();
    expect(await second.moveToTier(OTHER, { to: 'again' })).toMatchObject({ done: true });
    expect(await checkBoth(world.modelsRoot, tier)).toEqual([]);
  });

  it('so that a blob goes while others are written keeps the model here, and is told', async () => {
    const { world, tier, orchestrator } = await worldWithTier();
    await orchestrator.ensure(MODEL);
    const first = blobPath(tier, digestOf(FILES['config.json']));
    const onEvent = (event: ModelEvent) => {
      if (event.type === 'tier.progress' && existsSync(first)) rmSync(first);
    };
    await expect(orchestrator.moveToTier(MODEL, { to: 'cold', onEvent })).rejects.toMatchObject({
      code: 'CONCURRENT_MODIFICATION',
      reason: 'tier_changed',
    });
    expect(await orchestrator.status(MODEL)).toMatchObject({ state: 'COMPLETE' });
    expect((await orchestrator.status(MODEL)).tier).toBeUndefined();
    await orchestrator.ensure(OTHER);
    await orchestrator.moveToTier(OTHER, { to: 'cold' });
    expect((await orchestrator.status(MODEL)).tier).toBeUndefined();
    expect(await orchestrator.moveToTier(MODEL, { to: 'cold' })).toMatchObject({ done: true });
    expect(await checkBoth(world.modelsRoot, tier)).toEqual([]);
  });
});

describe('a drop from a tier', () => {
  it('of the only copy is refused unless it is forced, also of a model that the manifest names no more', async () => {
    const { world, tier, orchestrator } = await worldWithTier();
    await orchestrator.ensure(MODEL);
    await orchestrator.moveToTier(MODEL, { to: 'cold' });
    await expect(orchestrator.dropFromTier(MODEL)).rejects.toMatchObject({ code: 'INVALID_INPUT', reason: 'only_copy' });
    await expect(orchestrator.dropFromTier(OTHER)).rejects.toMatchObject({ reason: 'not_in_tier' });
    await world.write({ [OTHER]: { files: { 'own.bin': 'x' } } });
    const later = await world.orchestrator();
    expect(await later.dropFromTier(MODEL, { force: true })).toMatchObject({ reclaimedBytes: 800_007 });
    expect(await filesIn(tier, 'sha256')).toEqual([]);
    expect(await checkBoth(world.modelsRoot, tier)).toEqual([]);
  });
});

describe('a copy that does not last', () => {
  it('in the trash, or of blobs that no model names, is none: the one in the tier is not dropped', async () => {
    const { world, tier, orchestrator } = await worldWithTier();
    await orchestrator.ensure(MODEL);
    await orchestrator.moveToTier(MODEL, { to: 'cold' });
    await orchestrator.ensure(MODEL);
    const access = join(world.modelsRoot, '.state', 'access', `wan22@${MODEL}`);
    const longAgo = new Date(Date.now() - 86_400_000);
    await utimes(access, longAgo, longAgo);
    const keeping = await world.orchestrator({ env: { WAN_TIERS: `cold=${tier}`, WAN_TRASH_TTL: '1h' } });
    const gc = await keeping.gc({ olderThanMs: 3_600_000 });
    expect(gc.items.find(({ what }) => what === MODEL)).toMatchObject({ action: 'trash' });
    await expect(orchestrator.dropFromTier(MODEL)).rejects.toMatchObject({ reason: 'only_copy' });
    await rm(join(world.modelsRoot, '.trash'), { recursive: true });
    await expect(orchestrator.dropFromTier(MODEL)).rejects.toMatchObject({ reason: 'only_copy' });
    const { blobs } = await orchestrator.moveToTier(MODEL, { to: 'fast', dryRun: true });
    expect(new Set(blobs.map(({ action }) => action))).toEqual(new Set(['write']));
    expect(await orchestrator.moveToTier(MODEL, { to: 'fast' })).toMatchObject({ done: true, reclaimedBytes: 800_007 });
    expect(await filesIn(tier, 'sha256')).toEqual([]);
    expect(await checkBoth(world.modelsRoot, tier)).toEqual([]);
  });
});

describe('a move to the fast tier', () => {
  it('of a copy whose manifest means other bytes by now is told as such, and takes nothing of it out', async () => {
    const { world, tier, orchestrator } = await worldWithTier();
    await orchestrator.ensure(MODEL);
    await orchestrator.moveToTier(MODEL, { to: 'cold' });
    await world.write({ [MODEL]: { files: { ...FILES, 'vae/a.bin': seeded(500_000, 99) } } });
    const later = await world.orchestrator();
    await expect(later.moveToTier(MODEL, { to: 'fast' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      reason: 'tier_outdated',
      hint: expect.stringContaining(`tier drop ${MODEL} --force`),
      details: { tier: 'cold', digests: [digestOf(FILES['vae/a.bin'])] },
    });
    expect(await filesIn(tier, 'sha256')).toHaveLength(3);
    expect(await checkBoth(world.modelsRoot, tier)).toEqual([]);
  });
});

describe('the policy', () => {
  it('takes what has been unused for so long, and is large enough; use in between keeps it here', async () => {
    const tier = await otherVolume();
    const world = await modelFixture({ models: { [MODEL]: { files: FILES }, [OTHER]: { files: { 'own.bin': seeded(90_000, 3) } } } });
    await writeFile(join(world.directory, 'policy.toml'), `[tiers.cold]\npath = "${tier}"\nidle = "14d"\nmin_size = "100K"\n`);
    const orchestrator = await world.orchestrator({ env: { WAN_CONFIG: join(world.directory, 'policy.toml') } });
    await orchestrator.ensure(MODEL);
    await orchestrator.ensure(OTHER);
    const planned = async () =>
      (await orchestrator.tierStatus()).models.flatMap(({ ref, wouldMove }) => (wouldMove ? [[ref.modelId, wouldMove.to]] : []));
    expect(await planned()).toEqual([]);
    const access = (model: string) => join(world.modelsRoot, '.state', 'access', `wan22@${model}`);
    const longAgo = new Date(Date.now() - 15 * 86_400_000);
    for (const model of [MODEL, OTHER]) await utimes(access(model), longAgo, longAgo);
    expect(await planned()).toEqual([[MODEL, 'cold']]);
    await orchestrator.pinModel(MODEL);
    expect(await planned()).toEqual([]);
    await orchestrator.unpinModel(MODEL);
    expect(await planned()).toEqual([[MODEL, 'cold']]);
    const inFuture = new Date(Date.now() + 15 * 86_400_000);
    await utimes(access(MODEL), inFuture, inFuture);
    expect(await planned()).toEqual([]);
    expect(await orchestrator.moveToTier(MODEL, { to: 'cold', byPolicy: true })).toMatchObject({ done: false });
    expect(existsSync(world.modelDir())).toBe(true);
    await utimes(access(MODEL), longAgo, longAgo);
    expect(await orchestrator.moveToTier(MODEL, { to: 'cold', byPolicy: true })).toMatchObject({ done: true });
    expect(statSync(blobPath(tier, digestOf(SHARED))).mode & 0o222).toBe(0);
    expect(JSON.parse(await readFile(join(tier, 'TIER.json'), 'utf8'))).toMatchObject({ format: 'wan-tier', version: 1 });
  });
});
