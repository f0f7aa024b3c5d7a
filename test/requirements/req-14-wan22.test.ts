/** Requirement 14: what WAN2.2 models need, as far as this version goes. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded } from '../servers/http/fault-server.ts';
import { digestOf, type FixtureFile, MODEL, modelFixture } from '../support/model-fixture.ts';

/** The shards of one denoiser, an index that names them, and a file of an older sharding that it does not name. */
function denoiser(folder: string, seed: number): Record<string, FixtureFile> {
  const shards = [1, 2, 3].map((part) => `diffusion-0000${part}-of-00003.safetensors`);
  const index = JSON.stringify({ weight_map: Object.fromEntries(shards.map((shard, at) => [`blocks.${at}.weight`, shard])) });
  const stale = 'diffusion-00001-of-00001.safetensors';
  return {
    [`${folder}/diffusion.safetensors.index.json`]: { content: index, keys: { shard_index: true } },
    ...Object.fromEntries([...shards, stale].map((name, at) => [`${folder}/${name}`, { content: seeded(3000 + at, seed + at) }])),
  };
}

const component = (name: string, seed: number): FixtureFile => ({ content: seeded(4000 + seed, seed), keys: { component: name } });
const components = {
  'model_index.json': '{}',
  'unet/model.safetensors': component('unet', 1),
  'text_encoder/model.safetensors': component('text_encoder', 2),
  'vae/model.safetensors': component('vae', 3),
};
const optional = { optional_components: ['text_encoder', 'vae'], required_components: ['unet'] };

describe('requirement 14', () => {
  it('14.1 of both denoisers, each with its own index, only the named shards are downloaded', async () => {
    const files = { ...denoiser('high_noise_model', 1), ...denoiser('low_noise_model', 10) };
    const world = await modelFixture({ files, sources: ['http'] });
    const orchestrator = await world.orchestrator();
    const path = await orchestrator.ensure(MODEL);
    for (const folder of ['high_noise_model', 'low_noise_model']) {
      const names = (await readdir(join(path, folder))).filter((name) => name.endsWith('.safetensors')).sort();
      expect(names).toEqual([1, 2, 3].map((part) => `diffusion-0000${part}-of-00003.safetensors`));
      expect(world.server().requestsOf(`${MODEL}/${folder}/diffusion-00001-of-00001.safetensors`)).toEqual([]);
    }
    expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
    const { length } = world.server().requests;
    await (await world.orchestrator()).ensure(MODEL);
    expect(world.server().requests).toHaveLength(length);
  });

  it('14.1 an index that names a shard which the manifest does not list is refused', async () => {
    const { 'a/diffusion-00002-of-00003.safetensors': _, ...files } = denoiser('a', 1);
    const world = await modelFixture({ files });
    await expect((await world.orchestrator()).ensure(MODEL)).rejects.toMatchObject({
      code: 'FORMAT_INVALID',
      reason: 'shard_not_listed',
      message: expect.stringContaining('a/diffusion-00002-of-00003.safetensors'),
    });
    expect(existsSync(world.modelDir())).toBe(false);
  });

  it('14.1 the index alone can be asked for', async () => {
    const world = await modelFixture({ files: denoiser('a', 1) });
    const path = await (await world.orchestrator()).ensure(MODEL, { include: ['*.json'] });
    expect(await readdir(join(path, 'a'))).toEqual(['diffusion.safetensors.index.json']);
  });

  it('14.2 optional components are left out, until they are asked for', async () => {
    const world = await modelFixture({ files: components, sources: ['http'], keys: optional });
    const orchestrator = await world.orchestrator();
    const folders = async (): Promise<string[]> => (await readdir(world.modelDir())).filter((name) => !name.includes('.')).sort();
    await orchestrator.ensure(MODEL);
    expect(await folders()).toEqual(['unet']);
    expect(await orchestrator.status(MODEL)).toMatchObject({ state: 'COMPLETE' });
    expect(await orchestrator.status(MODEL, { components: ['vae'] })).toMatchObject({
      state: 'PARTIAL',
      missingFiles: ['vae/model.safetensors'],
    });

    world.server().requests.length = 0;
    await orchestrator.ensure(MODEL, { components: ['vae'] });
    expect(await folders()).toEqual(['unet', 'vae']);
    expect(new Set(world.server().requests.map(({ path }) => path))).toEqual(new Set([`${MODEL}/vae/model.safetensors`]));
    await orchestrator.ensure(MODEL, { components: ['text_encoder'] });
    expect(await folders()).toEqual(['text_encoder', 'unet', 'vae']);
  });

  it('14.2 a component that does not exist is refused with those that do', async () => {
    const world = await modelFixture({ files: components, sources: ['http'], keys: optional });
    await expect((await world.orchestrator()).ensure(MODEL, { components: ['text_encodr'] })).rejects.toMatchObject({
      code: 'COMPONENT_MISSING',
      exitCode: 3,
      message: expect.stringMatching(/unet.*text_encoder.*vae/),
      hint: expect.stringContaining('text_encoder'),
    });
    expect(world.server().requests).toEqual([]);
  });

  it('14.2 optional components that are configured are taken without being asked for', async () => {
    const world = await modelFixture({ files: components, sources: ['http'], keys: optional });
    const orchestrator = await world.orchestrator({ env: { WAN_OPTIONAL_COMPONENTS: 'vae,image_encoder' } });
    await orchestrator.ensure(MODEL);
    expect((await readdir(world.modelDir())).filter((name) => !name.includes('.')).sort()).toEqual(['unet', 'vae']);
    expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
    expect((await orchestrator.plan(MODEL, { components: ['unet'] })).files.map(({ path }) => path)).not.toContain('vae/model.safetensors');
  });

  it('14.2 the older name unet means both transformers, and the command says so', async () => {
    const experts = ['transformer', 'transformer_2'].map((name, at) => [`${name}/model.safetensors`, component(name, at)] as const);
    const files = { ...Object.fromEntries(experts), 'vae/model.safetensors': component('vae', 3) };
    const world = await modelFixture({ files, keys: { pipeline: { class: 'WanT2VPipeline' } } });
    const { code, stdout } = await world.cli(['models', 'ensure', MODEL.toUpperCase(), '--components', 'unet']);
    expect(code).toBe(0);
    expect(stdout).toContain(`unet means transformer and transformer_2 in ${MODEL}`);
    expect(stdout).toContain(`T2V-TINY is ${MODEL} in the manifest`);
    expect((await readdir(world.modelDir())).filter((name) => !name.includes('.')).sort()).toEqual(['transformer', 'transformer_2']);
    const shown = await world.cli(['models', 'show', MODEL, '--json']);
    expect(shown.json().data).toMatchObject({
      component_aliases: [{ name: 'unet', means: ['transformer', 'transformer_2'] }],
      pipeline: { class: 'WanPipeline', class_written_as: 'WanT2VPipeline' },
    });
  });

  it('14.7 a component without files is missed before anything is fetched, with the operation that needs it', async () => {
    const pipeline = { class: 'WanImageToVideoPipeline', modes: ['i2v'], required_components: ['image_encoder', 'unet'] };
    const world = await modelFixture({ files: components, sources: ['http'], keys: { pipeline } });
    const orchestrator = await world.orchestrator();
    await expect(orchestrator.ensure(MODEL)).rejects.toMatchObject({
      code: 'COMPONENT_MISSING',
      message: `${MODEL} has no image_encoder, which WanImageToVideoPipeline needs for i2v`,
      details: { components: ['image_encoder'], modes: ['i2v'] },
    });
    expect(world.server().requests).toEqual([]);
    // A part of it can be had all the same.
    await orchestrator.ensure(MODEL, { components: ['unet'] });
  });

  /** The released weights, and a light variant with a file of its own in their place. */
  const twoPrecisions = {
    files: {
      'model_index.json': '{}',
      'vae/full.safetensors': { content: seeded(9000, 1), keys: { variants: ['fp32'] } },
      'vae/light.safetensors': { content: seeded(3000, 2), keys: { variants: ['light'] } },
    },
    keys: {
      variants: ['fp32', 'light'],
      default_variant: 'fp32',
      environments: { production: 'fp32', development: 'light' },
    },
  };
  const development = { WAN_ENVIRONMENT: 'development' };

  it('14.4 in development a model without a named variant is its light one, in a directory of its own', async () => {
    const world = await modelFixture(twoPrecisions);
    const orchestrator = await world.orchestrator({ env: development });
    const result = await orchestrator.ensureDetailed(MODEL);
    expect(result).toMatchObject({ variant: 'light', variantReason: 'environment', environment: 'development' });
    expect(result.path).toBe(world.modelDir(`${MODEL}@light`));
    expect(await readdir(join(result.path, 'vae'))).toEqual(['light.safetensors']);
    expect(await orchestrator.localDir(MODEL)).toBe(result.path);
    expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
    expect(existsSync(world.modelDir())).toBe(false);
  });

  it('14.4 a variant that is named wins over the environment', async () => {
    const world = await modelFixture(twoPrecisions);
    const orchestrator = await world.orchestrator({ env: development });
    expect(await orchestrator.plan(MODEL, { variant: 'fp32' })).toMatchObject({ variant: 'fp32', variantReason: 'request' });
    expect(await orchestrator.plan(`${MODEL}@fp32`)).toMatchObject({ variant: 'fp32', variantReason: 'request' });
  });

  it('14.4 the flag --environment wins over the configured one, and the command says what it chose and why', async () => {
    const world = await modelFixture({ ...twoPrecisions, env: { WAN_ENVIRONMENT: 'production' } });
    const { code, stdout } = await world.cli(['models', 'ensure', MODEL, '--environment', 'development']);
    expect(code).toBe(0);
    expect(stdout).toContain(`light is what ${MODEL} takes in the environment development`);
    const shown = await world.cli(['models', 'show', MODEL, '--environment', 'development', '--json']);
    expect(shown.json().data).toMatchObject({ variant: 'light' });
  });

  it('14.6 production takes the full precision, which is the directory without a suffix', async () => {
    const world = await modelFixture(twoPrecisions);
    const orchestrator = await world.orchestrator();
    const result = await orchestrator.ensureDetailed(MODEL);
    expect(result).toMatchObject({ variant: 'fp32', variantReason: 'environment', environment: 'production' });
    expect(result.path).toBe(world.modelDir());
    expect(await readdir(join(result.path, 'vae'))).toEqual(['full.safetensors']);
  });

  it('14.3 an overlay comes with the model, in a directory of its own, from its own source', async () => {
    const lora = 'the weights of a LoRA';
    const file = { path: 'lora/lightning.safetensors', size: lora.length, sha256: digestOf(lora) };
    const overlays = { lightning: { files: [file], sources: { priority: ['local://overlays'] } } };
    const world = await modelFixture({ files: components, sources: ['http'], keys: { overlays } });
    await mkdir(join(world.directory, 'overlays/lora'), { recursive: true });
    await writeFile(join(world.directory, 'overlays', file.path), lora);
    const orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL);
    expect(existsSync(join(world.modelDir(), file.path))).toBe(false);
    const { length } = world.server().requests;
    const path = await orchestrator.ensure(`${MODEL}@+lightning`);
    expect(path).toBe(world.modelDir(`${MODEL}@+lightning`));
    expect(await readFile(join(path, file.path), 'utf8')).toBe(lora);
    for (const name of Object.keys(components)) expect(existsSync(join(path, name))).toBe(true);
    expect(world.server().requests).toHaveLength(length);
    await expect(orchestrator.ensure(`${MODEL}@+lightnin`)).rejects.toMatchObject({
      code: 'VARIANT_NOT_FOUND',
      hint: expect.stringContaining('lightning'),
    });
  });
});
