/** Manifests of the earlier attempt: they load as they are, or are told line by line what to change. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ModelEnsurer } from '../../src/compose.ts';
import type { ModelOrchestrator } from '../../src/orchestrator/api.ts';
import { ModelRegistry } from '../../src/registry/model-registry.ts';
import { validateManifest } from '../../src/registry/validate-manifest.ts';
import { tempDir } from '../support/temp-dir.ts';
import { EARLIER_MODELS, type EarlierModel, earlierManifest } from './earlier-manifest.ts';

async function written(text: string): Promise<string> {
  const path = join(await tempDir(), 'models.toml');
  await writeFile(path, text);
  return path;
}

/** The files of the models lie where the first source of their manifest says. */
async function orchestratorOf(models: readonly EarlierModel[]): Promise<{ directory: string; orchestrator: ModelOrchestrator }> {
  const manifest = await written(earlierManifest(models));
  const directory = dirname(manifest);
  for (const { id, files } of models) {
    for (const { path, content } of files) {
      const target = join(directory, 'wan22', id, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content);
    }
  }
  const env = { HOME: directory, MODELS_ROOT: join(directory, 'models'), WAN_MODELS_MANIFEST: manifest, WAN_SAFETY_MARGIN: '0' };
  const orchestrator = await ModelEnsurer.fromConfig({ env, cwd: directory });
  onTestFinished(() => orchestrator.close());
  return { directory, orchestrator };
}

describe('a manifest of the earlier attempt', () => {
  it('is valid, and each of its fields arrives', async () => {
    const path = await written(earlierManifest(EARLIER_MODELS));
    expect(await validateManifest(path)).toEqual([]);
    const registry = await ModelRegistry.load({ manifestPath: path });
    const t2v = registry.spec('t2v-A14B@2.2.0');
    expect(t2v).toMatchObject({
      variants: ['fp16', 'bf16'],
      defaultVariant: 'fp16',
      resolutionCaps: ['720p24', '1080p24'],
      requiredComponents: ['text_encoder', 'unet', 'vae'],
      loraRequired: false,
      defaults: { fps: 24, frames: 16, scheduler: 'ddim', guidance_scale: 7.5, num_inference_steps: 50, vae_decode_chunk_size: 8 },
      vramEstimation: { paramsBillion: 14, familySize: 'large', baseVramGb: 12, perFrameVramMb: 256 },
    });
    expect(t2v.allowPatterns).toContain('*.index.json');
    expect(registry.spec('ti2v-5b@2.2.0')).toMatchObject({
      allowPatterns: t2v.allowPatterns,
      optionalComponents: ['config'],
      defaults: { image_guidance_scale: 1.2, text_guidance_scale: 7.5 },
    });
    const parts = t2v.files.filter(({ component, shardPart }) => component === 'unet' && shardPart !== undefined);
    expect(parts.map(({ shardPart }) => shardPart)).toEqual([1, 2, 3, 4, 5, 6, 1, 1, 2, 3, 4, 5, 6, 1]);
    expect(registry.spec('ti2v-5B').modelId).toBe('ti2v-5b@2.2.0');
  });

  it('works: two series of shards in one component, each by its own index, whichever name the denoiser is asked for by', async () => {
    const { directory, orchestrator } = await orchestratorOf(EARLIER_MODELS);
    const path = await orchestrator.ensure('t2v-A14B@2.2.0', { offline: true });
    for (const folder of ['high_noise_model', 'low_noise_model']) {
      const shards = (await readdir(join(path, folder))).filter((name) => name.endsWith('.safetensors'));
      expect(shards.sort()).toEqual([1, 2, 3, 4, 5, 6].map((part) => `diffusion_pytorch_model-0000${part}-of-00006.safetensors`));
    }
    const result = await orchestrator.ensureDetailed('TI2V-5B', { components: ['transformer'], offline: true });
    expect(result).toMatchObject({ ref: { modelId: 'ti2v-5b@2.2.0' }, aliases: [{ name: 'transformer', means: ['unet'] }] });
    expect(result.path).toBe(join(directory, 'models', 'wan22', 'ti2v-5b@2.2.0'));
    expect(existsSync(join(result.path, 'diffusion_pytorch_model-00003-of-00003.safetensors'))).toBe(true);
    expect(existsSync(join(result.path, 'config.json'))).toBe(false);
  });

  it('that requires a component of which it has no file is refused with that component, before anything is fetched', async () => {
    const [model] = EARLIER_MODELS;
    const i2v = { ...(model as EarlierModel), id: 'i2v-A14B@2.2.0', required: ['image_encoder', 'unet', 'vae'] };
    const { directory, orchestrator } = await orchestratorOf([i2v]);
    await expect(orchestrator.ensure('i2v-A14B@2.2.0')).rejects.toMatchObject({
      code: 'COMPONENT_MISSING',
      reason: 'component_without_files',
      message: expect.stringContaining('image_encoder'),
      hint: expect.stringContaining('required_components'),
    });
    expect(existsSync(join(directory, 'models'))).toBe(false);
  });

  /** What its generator put there: sha256 of nothing, of 123, of a digit, a ladder, zeros. */
  it.each([
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'a665a45920422f9d417e4867efdc4fb8a04a1f3fff1fa07e998e86f7f7a27ae3',
    'd4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35',
    '1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6b7c8d9e0f1a2b',
    '0'.repeat(64),
  ])('whose digest %s was made up is told the line, and to leave it out', async (fake) => {
    const text = earlierManifest(EARLIER_MODELS);
    const at = text.indexOf('sha256 = "') + 'sha256 = "'.length;
    const problems = await validateManifest(await written(text.slice(0, at) + fake + text.slice(at + 64)));
    const line = text.slice(0, at).split('\n').length;
    expect(problems).toMatchObject([{ line, code: 'digest_placeholder', hint: expect.stringContaining('leave sha256 out') }]);
  });

  it.each([
    ['schema_version = 1', 'schema_version = "1"', 'invalid_value', /schema_version is "1"; allowed: 1/],
    ['version = "2.2.0"', 'version = "1.0.0"', 'version_mismatch', /the id says 2\.2\.0/],
    ['family_size = "large"', 'family_size = "huge"', 'invalid_value', /small, medium, large/],
    ['default_variant = "fp16"', 'default_variant = "fp16-dev"', 'unknown_variant', /fp16-dev/],
    ['component = "config"', 'component = "config"\nchecksum = "x"', 'unknown_key', /checksum/],
  ])('with %s written as %s is told what to change', async (right, wrong, code, message) => {
    const text = earlierManifest(EARLIER_MODELS).replace(right, wrong);
    const problems = await validateManifest(await written(text));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});
