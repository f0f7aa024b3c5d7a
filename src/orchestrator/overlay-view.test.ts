/** A model with an overlay: one directory, base and overlay linked from one store, and a record that tells a loader what to add to what. */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../test/servers/http/fault-server.ts';
import { flipBit } from '../../test/support/flip-bit.ts';
import { digestOf, type FixtureFile, MODEL, type ModelWorld, modelFixture } from '../../test/support/model-fixture.ts';
import { checkInvariants } from '../compose.ts';
import { overlaysDocument } from '../documents/show.ts';

const VIEW = `${MODEL}@+lightning`;
const OTHER = 'i2v-tiny@2.2.0';
const part = (component: string, seed: number): FixtureFile => ({ content: seeded(30_000 + seed, seed), keys: { component } });
const files = {
  'model_index.json': '{}',
  'transformer/w.safetensors': part('transformer', 1),
  'transformer_2/w.safetensors': part('transformer_2', 2),
  'vae/w.safetensors': part('vae', 3),
};
const HIGH = 'the weights for high noise';
const LOW = 'those for low noise';

const overlayFile = (path: string, content: string, keys: object) => ({ path, size: content.length, sha256: digestOf(content), ...keys });
const overlays = {
  lightning: {
    base_family: 't2v-tiny',
    defaults: { steps: 4, guidance_scale: 1 },
    files: [
      overlayFile('loras/high.safetensors', HIGH, { applies_to: 'transformer' }),
      overlayFile('loras/low.safetensors', LOW, { applies_to: 'transformer_2', weight: 0.8 }),
      overlayFile('loras/workflow.json', '{}', {}),
    ],
    sources: { priority: ['local://overlays'] },
  },
  style: {
    weight: 0.5,
    files: [overlayFile('loras/style.safetensors', HIGH, { applies_to: 'unet' })],
    sources: { priority: ['local://overlays'] },
  },
};

/** `style` fits a model with one transformer only. */
async function worldWith(keys: object = {}, wanted: object = { lightning: overlays.lightning }): Promise<ModelWorld> {
  const base = { files, sources: ['http'], keys: { defaults: { steps: 40, shift: 12 }, overlays: wanted, ...keys } };
  const world = await modelFixture({ models: { [MODEL]: base as never, [OTHER]: { files: { 'a.bin': 'a' } } } });
  for (const [path, content] of Object.entries({ high: HIGH, low: LOW, style: HIGH }))
    await put(join(world.directory, 'overlays/loras', `${path}.safetensors`), content);
  await put(join(world.directory, 'overlays/loras/workflow.json'), '{}');
  return world;
}

async function put(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

describe('a model with an overlay', () => {
  it('is one directory of both, whose record says what is added to what, and how it runs then', async () => {
    const world = await worldWith();
    const orchestrator = await world.orchestrator();
    const result = await orchestrator.ensureDetailed(MODEL, { overlays: ['lightning'] });
    expect(result).toMatchObject({ ref: { modelId: MODEL, overlay: 'lightning' }, path: world.modelDir(VIEW), proof: 'manifest-sha256' });
    expect(result.files.find(({ path }) => path === 'overlays.json')?.origin).toBe('made');
    for (const path of [...Object.keys(files), 'loras/high.safetensors']) expect(existsSync(join(result.path, path))).toBe(true);
    const record = JSON.parse(readFileSync(join(result.path, 'overlays.json'), 'utf8'));
    expect(overlaysDocument.strict().parse(record)).toEqual(record);
    expect(record).toEqual({
      schema: 'wan.overlays/v1',
      base: MODEL,
      variant: 'default',
      overlays: [
        {
          name: 'lightning',
          base_family: 't2v-tiny',
          defaults: { steps: 4, guidance_scale: 1 },
          files: [
            { path: 'loras/high.safetensors', size: HIGH.length, sha256: digestOf(HIGH), applies_to: 'transformer', weight: 1 },
            { path: 'loras/low.safetensors', size: LOW.length, sha256: digestOf(LOW), applies_to: 'transformer_2', weight: 0.8 },
            { path: 'loras/workflow.json', size: 2, sha256: digestOf('{}') },
          ],
        },
      ],
    });
    expect((await orchestrator.show(VIEW)).defaults).toEqual({ steps: 4, guidance_scale: 1, shift: 12 });
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('costs what the overlay weighs: the base is linked, the record made, and again nothing is done', async () => {
    const world = await worldWith();
    const orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL);
    const plan = await orchestrator.plan(VIEW);
    expect(plan.fetchBytes).toBe(HIGH.length + LOW.length);
    expect(Object.fromEntries(plan.files.map(({ path, action }) => [path, action]))).toMatchObject({
      'vae/w.safetensors': 'link',
      'loras/high.safetensors': 'fetch',
      'overlays.json': 'make',
    });
    expect(plan.components.at(-1)).toMatchObject({ overlay: 'lightning', fileCount: 3, sources: ['local://overlays'] });
    const before = world.server().requests.length;
    expect((await orchestrator.ensureDetailed(VIEW)).fetchedBytes).toBe(HIGH.length + LOW.length);
    expect(world.server().requests).toHaveLength(before);
    expect((await orchestrator.plan(VIEW)).files.every(({ action }) => action === 'keep')).toBe(true);
    const { ino } = statSync(join(world.modelDir(VIEW), 'overlays.json'));
    await orchestrator.ensure(VIEW, { offline: true });
    expect(statSync(join(world.modelDir(VIEW), 'overlays.json')).ino).toBe(ino);
  });

  it('is complete again at once when the record that is made here went bad', async () => {
    const world = await worldWith();
    const orchestrator = await world.orchestrator();
    await orchestrator.ensure(VIEW);
    flipBit(join(world.modelDir(VIEW), 'overlays.json'), 5);
    expect((await orchestrator.verifyIntegrity(VIEW)).ok).toBe(false);
    await orchestrator.ensure(VIEW);
    expect((await orchestrator.status(VIEW)).state).toBe('COMPLETE');
    expect((await orchestrator.verifyIntegrity(VIEW)).ok).toBe(true);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('keeps the bytes of its base when that is removed, and gives back only its own when it is removed itself', async () => {
    const world = await worldWith();
    const orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL);
    await orchestrator.ensure(VIEW);
    expect(await orchestrator.remove(MODEL)).toMatchObject({ removed: true, reclaimedBytes: 0 });
    expect((await orchestrator.verifyIntegrity(VIEW)).ok).toBe(true);
    await orchestrator.ensure(MODEL, { offline: true });
    const own = statSync(join(world.modelDir(VIEW), 'overlays.json')).size + HIGH.length + LOW.length;
    expect(await orchestrator.remove(MODEL, { overlays: ['lightning'] })).toMatchObject({ removed: true, reclaimedBytes: own });
    expect((await orchestrator.verifyIntegrity(MODEL)).ok).toBe(true);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('is seen by status, mended, and proven by verify, its record too', async () => {
    const world = await worldWith();
    const orchestrator = await world.orchestrator();
    expect((await orchestrator.status(VIEW)).state).toBe('NOT_PRESENT');
    const path = await orchestrator.ensure(VIEW);
    expect(await orchestrator.status(MODEL, { overlays: ['lightning'] })).toMatchObject({ state: 'COMPLETE', proof: 'manifest-sha256' });
    expect((await orchestrator.status(MODEL)).state).toBe('NOT_PRESENT');
    const record = join(path, 'overlays.json');
    rmSync(record);
    writeFileSync(record, '{}');
    expect((await orchestrator.verifyIntegrity(VIEW)).files.find((file) => file.path === 'overlays.json')).toMatchObject({
      ok: false,
      fault: 'size',
      proof: 'manifest-sha256',
    });
    await orchestrator.ensure(VIEW, { offline: true });
    expect(await orchestrator.verifyIntegrity(VIEW)).toMatchObject({ ok: true, proof: 'manifest-sha256' });
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('gets another record when the manifest changes its mind, and fetches nothing for that', async () => {
    const world = await worldWith();
    const orchestrator = await world.orchestrator();
    const path = await orchestrator.ensure(VIEW);
    const manifest = readFileSync(world.manifestPath, 'utf8');
    writeFileSync(world.manifestPath, manifest.replace('"weight" = 0.8', '"weight" = 0.25'));
    expect(await orchestrator.status(VIEW)).toMatchObject({ state: 'PARTIAL', faultyFiles: [{ path: 'overlays.json' }] });
    expect((await orchestrator.ensureDetailed(VIEW, { offline: true })).fetchedBytes).toBe(0);
    expect(readFileSync(join(path, 'overlays.json'), 'utf8')).toContain('"weight": 0.25');
  });

  it('can be had in part: the overlay and its record come with whatever is asked for', async () => {
    const world = await worldWith({ allow_patterns: ['*.safetensors'] });
    const orchestrator = await world.orchestrator();
    const path = await orchestrator.ensure(VIEW, { components: ['vae'] });
    expect(existsSync(join(path, 'transformer/w.safetensors'))).toBe(false);
    for (const name of ['vae/w.safetensors', 'loras/high.safetensors', 'loras/workflow.json', 'overlays.json'])
      expect(existsSync(join(path, name)), name).toBe(true);
  });

  it('is fetched anew by force, and made anew', async () => {
    const world = await worldWith();
    const orchestrator = await world.orchestrator();
    await orchestrator.ensure(VIEW);
    const forced = await orchestrator.ensureDetailed(VIEW, { force: true });
    expect(forced.files.find(({ path }) => path === 'overlays.json')?.origin).toBe('made');
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('is refused where the overlay was made for another model, before anything is fetched', async () => {
    const world = await worldWith();
    const orchestrator = await world.orchestrator();
    await expect(orchestrator.ensure(OTHER, { overlays: ['lightning'] })).rejects.toMatchObject({
      code: 'VARIANT_NOT_FOUND',
      reason: 'overlay_wrong_base',
      message: expect.stringContaining(MODEL),
    });
    expect(existsSync(world.modelsRoot)).toBe(false);
  });
});

describe('several overlays', () => {
  const single = { 'model_index.json': '{}', 'transformer/w.safetensors': part('transformer', 1) };
  const [high] = overlays.lightning.files;
  const both = { lightning: { ...overlays.lightning, files: [high] }, style: overlays.style };

  it('apply in the order in which they are asked for, each with its own weight; unet means the one transformer', async () => {
    const world = await worldWith();
    await world.write({ [MODEL]: { files: single, keys: { overlays: both } as never } });
    const orchestrator = await world.orchestrator();
    const path = await orchestrator.ensure(MODEL, { overlays: ['style', 'lightning'] });
    expect(path).toBe(world.modelDir(`${MODEL}@+style+lightning`));
    const record = JSON.parse(readFileSync(join(path, 'overlays.json'), 'utf8'));
    expect(record.overlays).toMatchObject([
      { name: 'style', files: [{ applies_to: 'transformer', weight: 0.5 }] },
      { name: 'lightning', files: [{ applies_to: 'transformer', weight: 1 }] },
    ]);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});
