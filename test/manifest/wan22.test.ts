/**
 * config/models.toml against what is known of the repositories. Every number here is written down from the published listings
 * at the pinned commits, none is taken from the manifest; "all" counts are those of the whole repository upstream.
 */

import { hash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ModelEnsurer } from '../../src/compose.ts';
import type { EnsurePlan, PlannedComponent } from '../../src/domain/results.ts';
import type { FileSpec } from '../../src/domain/spec.ts';
import { ModelRegistry } from '../../src/registry/model-registry.ts';
import { tempDir } from '../support/temp-dir.ts';

const PROJECT = join(import.meta.dirname, '..', '..');
const MANIFEST = join(PROJECT, 'config', 'models.toml');
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const bytesOf = (files: readonly FileSpec[]): number => sum(files.map(({ sizeBytes }) => sizeBytes));

let registry: ModelRegistry;
beforeAll(async () => {
  registry = await ModelRegistry.load({ manifestPath: MANIFEST });
});

/** Images in `assets/` of every repository of the family: comp_effic, logo, moe_2, moe_arch, performance, vae. */
const ASSETS = [202_156, 56_322, 527_914, 74_900, 306_535, 165_486];
const EXAMPLE_IMAGE = 250_628;

/** A model; files and bytes of its repository; the sizes of those that are left out. */
const REPOSITORIES = [
  // README, .gitattributes, configuration.json, nohup.out
  { id: 't2v-A14B@2.2.0', files: 32, bytes: 126_201_624_837, leftOut: [17_169, 1807, 47, 939_260, ...ASSETS] },
  // README, .gitattributes
  { id: 't2v-A14B-diffusers@2.2.0', files: 49, bytes: 126_200_628_126, leftOut: [18_747, 1860, ...ASSETS] },
  { id: 'i2v-A14B-diffusers@2.2.0', files: 50, bytes: 126_204_155_463, leftOut: [18_554, 1860, EXAMPLE_IMAGE, ...ASSETS] },
  { id: 'ti2v-5B-diffusers@2.2.0', files: undefined, bytes: 34_203_021_834, leftOut: [17_633, 1860, EXAMPLE_IMAGE, ...ASSETS] },
];

describe('the manifest of WAN2.2', () => {
  it.each(REPOSITORIES)('has every file of the repository of $id but the stray ones, to the byte', ({ id, files, bytes, leftOut }) => {
    const spec = registry.spec(id);
    expect(bytesOf(spec.files) + sum(leftOut)).toBe(bytes);
    if (files !== undefined) expect(spec.files.length + leftOut.length).toBe(files);
  });

  /** Of one expert: the six shards of Wan-AI's layout, the twelve of diffusers'. */
  it.each([
    ['t2v-A14B@2.2.0', 57_154_077_376, 6],
    // Its first shard is larger: 36 input channels instead of 16.
    ['i2v-A14B@2.2.0', 57_154_077_376 + 1_638_400, 6],
    ['t2v-A14B-diffusers@2.2.0', 57_154_077_760, 12],
    ['i2v-A14B-diffusers@2.2.0', 57_154_077_760 + 1_638_400, 12],
  ])('%s has two experts of %i bytes, each in a series of %i shards with an index of its own', (id, bytes, count) => {
    for (const component of ['transformer', 'transformer_2']) {
      const files = registry.spec(id).files.filter((file) => file.component === component);
      const shards = files.filter(({ shardPart }) => shardPart !== undefined);
      expect(bytesOf(shards)).toBe(bytes);
      expect(shards.map(({ shardPart }) => shardPart)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
      expect(new Set(shards.map(({ path }) => path.slice(0, path.indexOf('/')))).size).toBe(1);
      expect(files.filter(({ shardIndex }) => shardIndex)).toHaveLength(1);
    }
  });

  it('has each file of the repository of TI2V-5B that a loader reads, with its size', () => {
    const files = registry.spec('ti2v-5B@2.2.0').files.map(({ path, sizeBytes }) => [path, sizeBytes]);
    expect(Object.fromEntries(files)).toEqual({
      'config.json': 251,
      'diffusion_pytorch_model.safetensors.index.json': 72_865,
      'diffusion_pytorch_model-00001-of-00003.safetensors': 9_825_014_472,
      'diffusion_pytorch_model-00002-of-00003.safetensors': 9_995_661_736,
      'diffusion_pytorch_model-00003-of-00003.safetensors': 178_558_176,
      'Wan2.2_VAE.pth': 2_818_839_170,
      'models_t5_umt5-xxl-enc-bf16.pth': 11_361_920_418,
      'google/umt5-xxl/special_tokens_map.json': 6623,
      'google/umt5-xxl/spiece.model': 4_548_313,
      'google/umt5-xxl/tokenizer.json': 16_837_417,
      'google/umt5-xxl/tokenizer_config.json': 61_728,
    });
  });

  it.each([
    ['t2v-A14B@2.2.0', 0],
    ['ti2v-5B@2.2.0', 0],
    ['ti2v-5B-diffusers@2.2.0', 0],
    // config.json and index of each expert
    ['i2v-A14B@2.2.0', 4],
    // model_index.json; of each transformer its index and config.json and twelve shards
    ['t2v-A14B-diffusers@2.2.0', 1 + 2 * (2 + 12)],
    // The same, but that its config.json is known
    ['i2v-A14B-diffusers@2.2.0', 1 + 2 * (1 + 12)],
  ])('%s leaves the sha256 of %i files open, which nobody has published', (id, count) => {
    expect(registry.spec(id).files.filter(({ sha256 }) => sha256 === undefined)).toHaveLength(count);
  });

  it('says of each model in one line how well it can be proven, and nothing of those whose list is open', () => {
    const proofs = Object.fromEntries(registry.listModels().map(({ modelId, proof }) => [modelId, proof]));
    expect(proofs).toEqual({
      't2v-A14B@2.2.0': 'manifest-sha256',
      'i2v-A14B@2.2.0': 'size-only',
      'ti2v-5B@2.2.0': 'manifest-sha256',
      't2v-A14B-diffusers@2.2.0': 'size-only',
      'i2v-A14B-diffusers@2.2.0': 'size-only',
      'ti2v-5B-diffusers@2.2.0': 'manifest-sha256',
      's2v-14B@2.2.0': undefined,
      'animate-14B@2.2.0': undefined,
    });
  });

  it('takes no image for text to video, needs one for image to video, and binds overlays to what both layouts share', () => {
    const pipelineOf = (id: string) => registry.spec(id).pipeline;
    for (const layout of ['', '-diffusers']) {
      expect(pipelineOf(`t2v-A14B${layout}`)).toMatchObject({ requiredInputs: ['prompt'], forbiddenInputs: ['image'] });
      expect(pipelineOf(`i2v-A14B${layout}`)).toMatchObject({ requiredInputs: ['image'], forbiddenInputs: [] });
      expect(pipelineOf(`ti2v-5B${layout}`)).toMatchObject({ forbiddenInputs: [] });
    }
    for (const name of ['t2v-A14B', 'i2v-A14B', 'ti2v-5B'])
      expect([registry.spec(name).baseFamily, registry.spec(`${name}-diffusers`).baseFamily]).toEqual([`wan2.2-${name}`, `wan2.2-${name}`]);
  });

  /** The published settings of the authors: steps, shift, guidance (high, low), boundary, frames a second, frames, VAE strides. */
  it.each([
    [
      't2v-A14B',
      { steps: 40, shift: 12, guidance_scale: 4, guidance_scale_2: 3, boundary: 0.875, fps: 16, frames: 81, vae_stride: [4, 8, 8] },
    ],
    [
      'i2v-A14B',
      { steps: 40, shift: 5, guidance_scale: 3.5, guidance_scale_2: 3.5, boundary: 0.9, fps: 16, frames: 81, vae_stride: [4, 8, 8] },
    ],
    ['ti2v-5B', { steps: 50, shift: 5, guidance_scale: 5, fps: 24, frames: 121, vae_stride: [4, 16, 16] }],
    ['s2v-14B', { steps: 40, shift: 3, guidance_scale: 4.5, fps: 16, frames: 80, vae_stride: [4, 8, 8] }],
    ['animate-14B', { steps: 20, shift: 5, guidance_scale: 1, fps: 30, frames: 77, vae_stride: [4, 8, 8] }],
  ])('%s has the settings of its authors', (name, settings) => {
    expect(registry.spec(name).defaults).toMatchObject({ ...settings, max_text_length: 512, num_train_timesteps: 1000 });
  });

  it('pins every repository to a commit', () => {
    const urls = registry.listModels().flatMap(({ modelId }) => {
      const spec = registry.spec(modelId);
      return [...spec.sources, ...spec.files.flatMap(({ origins }) => origins?.map(({ source }) => source) ?? [])];
    });
    const hub = new Set(urls.filter((url) => url.startsWith('hf://')));
    expect(hub.size).toBeGreaterThan(8);
    for (const url of hub) expect(url).toMatch(/^hf:\/\/Wan-AI\/Wan2\.2-[\w.-]+@[0-9a-f]{40}(?:\/|$)/);
  });

  it('knows that the image to video models have no image encoder, and which variant belongs to which environment', () => {
    for (const id of ['t2v-A14B', 'i2v-A14B', 'ti2v-5B'].flatMap((name) => [`${name}@2.2.0`, `${name}-diffusers@2.2.0`])) {
      const spec = registry.spec(id);
      const components = new Set(spec.files.map(({ component }) => component));
      for (const name of spec.pipeline?.requiredComponents ?? []) expect(components, id).toContain(name);
      expect(components).not.toContain('image_encoder');
      expect(spec.pipeline?.forbiddenComponents).toContain('image_encoder');
      expect(spec.defaultVariant).toBe('fp32');
      expect(spec.environments).toEqual({ production: 'fp32', development: 'bf16' });
      expect(registry.spec(id, 'fp16').derivation).toMatchObject({ from: 'fp32', dtype: 'fp16' });
    }
  });

  it('is found under the older name ti2v-5b, too', () => {
    expect(registry.resolve('ti2v-5b@2.2.0')).toEqual({ modelId: 'ti2v-5B@2.2.0' });
    expect(registry.resolve('ti2v-5b')).toEqual({ modelId: 'ti2v-5B@2.2.0' });
  });
});

const sha256Of = (text: string): string => hash('sha256', text, 'hex');

/** What people put where a digest should be. */
const FAKES = new Set([
  ...['', '\n', 'a', 'abc', 'ABC', '123', 'foobar', 'test', 'hello', 'dummy', 'placeholder', ...'0123456789'].map((text) => sha256Of(text)),
  ...['0', 'f', '0123456789abcdef', '1a2b3c4d', 'deadbeef', 'abcd'].map((unit) => unit.repeat(64 / unit.length)),
]);

describe('no manifest of this repository', () => {
  const manifests = globSync(['config/**/*.toml', 'examples/**/models.toml', 'docs/**/*.md'], { cwd: PROJECT }).sort();

  it.each(manifests)('holds a digest that somebody made up: %s', (path) => {
    const digests = readFileSync(join(PROJECT, path), 'utf8').match(/\b[0-9a-f]{64}\b/g) ?? [];
    expect(digests.filter((digest) => FAKES.has(digest))).toEqual([]);
    if (path === 'config/models.toml') expect(new Set(digests).size).toBeGreaterThan(60);
  });
});

/** `t2v-A14B@2.2.0` by component, all of it from the published listing of its repository. */
const ENCODER = 11_361_920_418;
const TOKENIZER = [6623, 4_548_313, 16_837_417, 61_728];
const VAE = 507_609_880;
const EXPERT = 57_154_077_376 + 250 + 96_805;

describe('plan t2v-A14B@2.2.0, offline', () => {
  const component = (plan: EnsurePlan, name: string): PlannedComponent | undefined => plan.components.find((one) => one.component === name);

  async function planned(): Promise<EnsurePlan> {
    const directory = await tempDir();
    const env = { HOME: directory, MODELS_ROOT: join(directory, 'models'), WAN_MODELS_MANIFEST: MANIFEST, WAN_OFFLINE: 'true' };
    const orchestrator = await ModelEnsurer.fromConfig({ env, cwd: directory });
    onTestFinished(() => orchestrator.close());
    return orchestrator.plan('t2v-A14B@2.2.0', { offline: true });
  }

  it('shows the exact bytes of each component', async () => {
    const plan = await planned();
    expect(plan.components.map(({ component, fileCount, totalBytes }) => [component, fileCount, totalBytes])).toEqual([
      ['transformer', 8, EXPERT],
      ['transformer_2', 8, EXPERT],
      ['text_encoder', 1, ENCODER],
      ['tokenizer', 4, sum(TOKENIZER)],
      ['vae', 1, VAE],
    ]);
    expect(plan.totalBytes).toBe(126_201_624_837 - sum([17_169, 1807, 47, 939_260, ...ASSETS]));
  });

  it('shows the bytes that the other models hold too', async () => {
    const plan = await planned();
    expect(component(plan, 'text_encoder')).toMatchObject({
      sharedBytes: ENCODER,
      sharedWith: expect.arrayContaining(['i2v-A14B@2.2.0', 'ti2v-5B@2.2.0']),
    });
    expect(component(plan, 'vae')?.sharedBytes).toBe(VAE);
    expect(component(plan, 'vae')?.sharedWith).toContain('i2v-A14B@2.2.0');
    expect(component(plan, 'vae')?.sharedWith).not.toContain('ti2v-5B@2.2.0');
    expect(component(plan, 'tokenizer')?.sharedBytes).toBe(sum(TOKENIZER));
    expect(component(plan, 'transformer')).toMatchObject({ sharedBytes: 0, sharedWith: [] });
  });

  it('shows the sources, at their commit', async () => {
    const plan = await planned();
    const commit = 'hf://Wan-AI/Wan2.2-T2V-A14B@c8c270b13ee05bfa474194ac9fb07a5868a97cea';
    expect(plan.sources).toEqual(['local://wan22/t2v-A14B@2.2.0', commit]);
    expect(component(plan, 'tokenizer')?.sources).toContain(`${commit}/google/umt5-xxl`);
  });
});
