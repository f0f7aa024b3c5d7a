import { link, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { literal, seeded } from '../../test/servers/http/fault-server.ts';
import { digestOf, MODEL, type ModelWorld, modelFixture } from '../../test/support/model-fixture.ts';
import type { ByteClass, DiskUsage } from '../domain/disk-usage.ts';

const [OTHER, THIRD] = ['i2v-tiny@2.2.0', 'ti2v-tiny@2.2.0'];
const [KIB, SHARED, OWN] = [1024, 400 * 1024, 300 * 1024];
const shared = { content: seeded(SHARED, 1), keys: { component: 'text_encoder' } };
const own = (seed: number) => ({ content: seeded(OWN, seed), keys: { component: 'transformer' } });

async function twoModels(): Promise<ModelWorld> {
  const world = await modelFixture({
    models: {
      [MODEL]: { files: { 'text_encoder/a.safetensors': shared, 'transformer/b.safetensors': own(2) } },
      [OTHER]: { files: { 'text_encoder/a.safetensors': shared, 'transformer/b.safetensors': own(3) }, keys: { family: 'other' } },
    },
  });
  await using orchestrator = await world.orchestrator();
  await orchestrator.ensure(MODEL);
  await orchestrator.ensure(OTHER);
  return world;
}

async function usageOf(world: ModelWorld, ...ids: readonly string[]): Promise<DiskUsage> {
  await using orchestrator = await world.orchestrator();
  return await orchestrator.diskUsage(ids);
}

const bytesOf = ({ classes }: DiskUsage, name: ByteClass): number =>
  classes.find(({ byteClass }) => byteClass === name)?.apparentBytes ?? -1;
/** Without folders and records: what the fixture's files alone make. */
const modelOf = ({ models }: DiskUsage, name: string) => models.find((model) => model.name === name);

it('bytes of several models are shared, those of one are live, and only the latter come back with it', async () => {
  const usage = await usageOf(await twoModels());
  expect(bytesOf(usage, 'shared')).toBe(SHARED);
  expect(bytesOf(usage, 'live')).toBeGreaterThan(2 * OWN);
  expect(bytesOf(usage, 'live')).toBeLessThan(2 * OWN + 8 * KIB);
  const model = modelOf(usage, MODEL);
  expect(model?.apparentBytes).toBeGreaterThanOrEqual(SHARED + OWN);
  expect(model?.uniqueBytes).toBeGreaterThanOrEqual(OWN);
  expect(model?.uniqueBytes).toBeLessThan(OWN + 64 * KIB);
  expect(usage.families.map(({ name }) => name).sort()).toEqual(['other', 'wan22']);
  const components = new Map(usage.components.map((component) => [component.name, component]));
  expect(components.get('text_encoder')).toMatchObject({
    fileCount: 1,
    apparentBytes: SHARED,
    uniqueBytes: components.get('text_encoder')?.diskBytes,
  });
  expect(components.get('transformer')).toMatchObject({ fileCount: 2, apparentBytes: 2 * OWN });
});

it('the classes add up to the total, whatever lies under the root', async () => {
  const world = await twoModels();
  const { modelsRoot: root } = world;
  const orphan = digestOf(literal('nobody'));
  await mkdir(join(root, '.blobs', 'sha256', orphan.slice(0, 2)), { recursive: true });
  await writeFile(join(root, '.blobs', 'sha256', orphan.slice(0, 2), orphan), 'nobody');
  await mkdir(join(root, '.quarantine'), { recursive: true });
  await writeFile(join(root, '.quarantine', 'bad'), 'b'.repeat(10));
  await mkdir(join(root, '.trash', '01234567-89ab'), { recursive: true });
  await writeFile(join(root, '.trash', '01234567-89ab', 'gone'), 'g'.repeat(20));
  await mkdir(join(root, '.tmp', `u-${'0'.repeat(64)}`), { recursive: true });
  await writeFile(join(root, '.tmp', `u-${'0'.repeat(64)}`, '01234567-89ab.part'), 'p'.repeat(30));
  await writeFile(join(root, 'notes.txt'), 'n'.repeat(40));
  await writeFile(join(world.modelDir(), 'mine.txt'), 'm'.repeat(50));
  const usage = await usageOf(world);
  expect(['orphan', 'quarantine', 'trash', 'partial', 'foreign'].map((name) => bytesOf(usage, name as ByteClass))).toEqual([
    6, 10, 20, 30, 90,
  ]);
  for (const key of ['fileCount', 'apparentBytes', 'allocatedBytes', 'diskBytes'] as const) {
    expect(
      usage.classes.reduce((sum, one) => sum + one[key], 0),
      key,
    ).toBe(usage.total[key]);
  }
});

it('a blob that only a model in the trash counts on is trash; with a model that is here, too, it does not come back with that', async () => {
  const world = await twoModels();
  await mkdir(join(world.modelsRoot, '.trash', '01234567-89ab'), { recursive: true });
  await rename(join(world.modelsRoot, 'other', OTHER), join(world.modelsRoot, '.trash', '01234567-89ab', 'snapshot'));
  const usage = await usageOf(world);
  expect(bytesOf(usage, 'trash')).toBeGreaterThanOrEqual(OWN);
  expect(bytesOf(usage, 'orphan')).toBe(0);
  expect(modelOf(usage, MODEL)?.uniqueBytes).toBeLessThan(OWN + 64 * KIB);
});

it('what a person collected is trash until it is purged, and then gone', async () => {
  const world = await twoModels();
  await using orchestrator = await world.orchestrator();
  await orchestrator.gc({ olderThanMs: 0, family: 'other' });
  const kept = await usageOf(world);
  expect(bytesOf(kept, 'trash')).toBeGreaterThanOrEqual(OWN);
  expect([bytesOf(kept, 'orphan'), kept.models.length]).toEqual([0, 1]);
  expect(modelOf(kept, MODEL)?.uniqueBytes, 'the trash counts on what is shared').toBeLessThan(OWN + 64 * KIB);
  await orchestrator.gc({ purge: true });
  const purged = await usageOf(world);
  expect([bytesOf(purged, 'trash'), bytesOf(purged, 'orphan')]).toEqual([0, 0]);
  expect(modelOf(purged, MODEL)?.uniqueBytes).toBeGreaterThanOrEqual(OWN + SHARED);
});

it('what is linked from outside the root does not come back', async () => {
  const world = await twoModels();
  await link(join(world.modelDir(), 'transformer', 'b.safetensors'), join(world.directory, 'elsewhere'));
  expect(modelOf(await usageOf(world), MODEL)?.uniqueBytes).toBeLessThan(OWN);
});

it('bytes of a pinned model are pinned, shared ones too', async () => {
  const world = await twoModels();
  await mkdir(join(world.modelsRoot, '.state', 'pins'), { recursive: true });
  await writeFile(join(world.modelsRoot, '.state', 'pins', `wan22@${MODEL}`), 'torn');
  const usage = await usageOf(world);
  expect(modelOf(usage, MODEL)?.isPinned).toBe(true);
  expect(modelOf(usage, OTHER)?.isPinned).toBe(false);
  expect(bytesOf(usage, 'pinned')).toBeGreaterThanOrEqual(SHARED + OWN);
  expect(bytesOf(usage, 'shared')).toBe(0);
});

it('a directory without a readable record is foreign, is told, and keeps every blob', async () => {
  const world = await twoModels();
  await writeFile(join(world.modelDir(), '.verified.json'), '{"torn');
  const usage = await usageOf(world);
  expect(modelOf(usage, MODEL)?.isReadable).toBe(false);
  expect(modelOf(usage, OTHER)?.uniqueBytes).toBeLessThan(64 * KIB);
  expect(bytesOf(usage, 'orphan')).toBe(0);
});

it('only the models that are asked for have lines, by directory or by the manifest; the classes stay those of the whole root', async () => {
  const world = await twoModels();
  const all = await usageOf(world);
  const one = await usageOf(world, MODEL.split('@')[0] ?? '');
  expect(one.models).toEqual([modelOf(all, MODEL)]);
  expect(one.families.map(({ name }) => name)).toEqual(['wan22']);
  expect(one.classes).toEqual(all.classes);
  await world.write({ [THIRD]: { files: { 'a.bin': 'x' } } });
  expect((await usageOf(world, MODEL)).models.map(({ name }) => name)).toEqual([MODEL]);
  expect((await usageOf(world, THIRD)).models).toEqual([]);
  await expect(usageOf(world, 'nobody@1.0.0')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
});

it('without a manifest and without a root it says what there is', async () => {
  const world = await twoModels();
  await rm(world.manifestPath);
  const usage = await usageOf(world);
  expect(usage.models).toHaveLength(2);
  expect(usage.components.map(({ name }) => name)).toEqual(['(none)']);
  await rm(world.modelsRoot, { recursive: true });
  const empty = await usageOf(world);
  expect(empty.total).toEqual({ fileCount: 0, apparentBytes: 0, allocatedBytes: 0, diskBytes: 0 });
  expect(empty.volume.totalBytes).toBeGreaterThan(0);
});
