import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf, MODEL, modelFixture } from '../../test/support/model-fixture.ts';
import { checkBoth, filesIn, otherVolume } from '../../test/support/tier-world.ts';
import type { ModelEvent } from '../domain/events.ts';

const MIB = 1024 * 1024;
const FILES = { 'words.bin': Buffer.alloc(9 * MIB + 77, 'the same words again and again. '), 'weights.bin': randomBytes(5 * MIB) };
const TOTAL = 14 * MIB + 77;

async function worldWithZstd() {
  const tier = await otherVolume();
  const world = await modelFixture({ files: FILES });
  const configure = (compress: string) =>
    writeFile(join(world.directory, 'tiers.toml'), `[tiers.cold]\npath = "${tier}"\ncompress = "${compress}"\n`);
  await configure('zstd');
  const env = { WAN_CONFIG: join(world.directory, 'tiers.toml') };
  const orchestrator = await world.orchestrator({ env });
  await orchestrator.ensure(MODEL);
  return {
    world,
    tier,
    orchestrator,
    configure,
    env,
    packed: join(tier, 'zstd', digestOf(FILES['words.bin']).slice(0, 2), digestOf(FILES['words.bin'])),
  };
}

describe('a tier that compresses', () => {
  it('makes smaller what gains by it, leaves the rest as it is, and says how much that was', async () => {
    const { world, tier, orchestrator } = await worldWithZstd();
    const moved = await orchestrator.moveToTier(MODEL, { to: 'cold' });
    const forms = new Map(moved.blobs.map(({ paths, form, storedBytes }) => [paths[0], { form, storedBytes }]));
    expect(forms.get('weights.bin')).toEqual({ form: 'plain', storedBytes: 5 * MIB });
    expect(forms.get('words.bin')?.form).toBe('zstd');
    expect(forms.get('words.bin')?.storedBytes).toBeLessThan(MIB / 10);
    expect(moved).toMatchObject({ totalBytes: TOTAL, reclaimedBytes: TOTAL, storedBytes: moved.writtenBytes });
    expect(await orchestrator.tierStatus()).toMatchObject({ tiers: [{ totalBytes: TOTAL, storedBytes: moved.storedBytes }] });
    expect((await filesIn(tier, 'zstd')).length + (await filesIn(tier, 'sha256')).length).toBe(2);
    await rm(world.folder(), { recursive: true });
    const back = await orchestrator.ensureDetailed(MODEL, { offline: true });
    expect(back.files.map(({ origin }) => origin)).toEqual(['copied', 'copied']);
    expect((await readFile(join(world.modelDir(), 'words.bin'))).equals(FILES['words.bin'])).toBe(true);
    expect(await checkBoth(world.modelsRoot, tier)).toEqual([]);
    expect(await orchestrator.moveToTier(MODEL, { to: 'cold' })).toMatchObject({ writtenBytes: 0, storedBytes: moved.storedBytes });
    expect(await orchestrator.moveToTier(MODEL, { to: 'fast' })).toMatchObject({ reclaimedBytes: moved.storedBytes });
    expect(await filesIn(tier)).toEqual(['TIER.json']);
  });

  it('with a bad bit, or a cut blob, hands over to the next source, and the blob is named', async () => {
    const { world, tier, orchestrator, packed } = await worldWithZstd();
    const heard: ModelEvent[] = [];
    const onEvent = (event: ModelEvent) => heard.push(event);
    for (const spoil of [flipInside, cut]) {
      await orchestrator.moveToTier(MODEL, { to: 'cold' });
      await spoil(packed);
      heard.length = 0;
      expect((await orchestrator.tierStatus([], { verify: true })).models[0]?.faults).toMatchObject([
        { digest: digestOf(FILES['words.bin']) },
      ]);
      // A piece that the tier gave before its fault was met is proven, and not fetched.
      const { fetchedBytes } = await orchestrator.ensureDetailed(MODEL, { onEvent });
      expect(fetchedBytes).toBeGreaterThan(0);
      expect(fetchedBytes).toBeLessThanOrEqual(FILES['words.bin'].length);
      expect(JSON.stringify(heard.filter(({ type }) => type === 'source.failed'))).toContain(digestOf(FILES['words.bin']));
      expect((await orchestrator.verifyIntegrity(MODEL)).ok).toBe(true);
    }
    await orchestrator.moveToTier(MODEL, { to: 'cold' });
    expect(await checkBoth(world.modelsRoot, tier)).toEqual([]);
  });

  it('reads what was written before it compressed, and the other way round', async () => {
    const { world, tier, orchestrator, configure, env } = await worldWithZstd();
    await orchestrator.moveToTier(MODEL, { to: 'cold' });
    await configure('off');
    const plain = await world.orchestrator({ env });
    await plain.ensure(MODEL, { offline: true });
    expect(await plain.moveToTier(MODEL, { to: 'cold' })).toMatchObject({ writtenBytes: 0 });
    expect(await plain.dropFromTier(MODEL, { force: true })).toMatchObject({ done: true });
    expect(await filesIn(tier)).toEqual(['TIER.json']);
  });

  it('writes anew what lies there plain with a bad bit, and that one hides nothing', async () => {
    const { world, tier, orchestrator, configure, env, packed } = await worldWithZstd();
    await configure('off');
    const plain = await world.orchestrator({ env });
    await plain.moveToTier(MODEL, { to: 'cold' });
    await plain.ensure(MODEL, { offline: true });
    const bad = packed.replace('/zstd/', '/sha256/');
    await flipInside(bad);
    await orchestrator.moveToTier(MODEL, { to: 'cold' });
    expect([existsSync(bad), existsSync(packed)]).toEqual([false, true]);
    await writeFile(bad, Buffer.alloc(FILES['words.bin'].length));
    await rm(world.folder(), { recursive: true });
    expect(await orchestrator.ensureDetailed(MODEL, { offline: true })).toMatchObject({ liars: [] });
    await orchestrator.moveToTier(MODEL, { to: 'cold' });
    await flipInside(packed);
    await writeFile(bad, FILES['words.bin']);
    expect(await orchestrator.ensureDetailed(MODEL, { offline: true })).toMatchObject({ fetchedBytes: 0 });
    expect((await orchestrator.verifyIntegrity(MODEL)).ok).toBe(true);
    expect(await orchestrator.dropFromTier(MODEL)).toMatchObject({ done: true });
    expect(await filesIn(tier)).toEqual(['TIER.json']);
  });
});

async function flipInside(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[300] = (bytes[300] ?? 0) ^ 1;
  await chmod(path, 0o644);
  await writeFile(path, bytes);
}

async function cut(path: string): Promise<void> {
  await chmod(path, 0o644);
  await truncate(path, 200);
}
