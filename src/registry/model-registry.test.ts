import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { isModelError, type ModelError } from '../domain/errors.ts';
import { ModelRegistry } from './model-registry.ts';

const A = '691a47e123c3dd41f134836fd9a00e744110c6a812a11b3d95ca70e9485ffe11';
const B = 'f0d2171c391bb73944c3ff3b279b09c599b20bbba62bb45ac3e56282b840a9a6';

const load = async (text: string): Promise<ModelRegistry> => {
  const manifestPath = join(await tempDir(), 'models.toml');
  await writeFile(manifestPath, `schema_version = 1\n${text}`);
  return ModelRegistry.load({ manifestPath });
};

const failure = (action: () => unknown): ModelError => {
  try {
    action();
  } catch (error) {
    if (isModelError(error)) return error;
    throw error;
  }
  throw new Error('it did not fail');
};

const EXAMPLE = `
[models."t2v-A14B@2.2.0"]
description = "WAN2.2 Text-to-Video A14B Model"
version = "2.2.0"
variants = ["fp16", "bf16"]
default_variant = "fp16"
resolution_caps = ["720p24", "1080p24"]
optional_components = ["text_encoder"]
lora_required = false

[[models."t2v-A14B@2.2.0".files]]
path = "model_index.json"
size = 12345
sha256 = "${A}"

[models."t2v-A14B@2.2.0".sources]
priority = ["local://wan22/t2v-A14B@2.2.0", "s3://ai-models/wan22/t2v-A14B@2.2.0", "hf://Wan-AI/Wan2.2-T2V-A14B"]
allow_patterns = ["*.safetensors", "*.json", "*.yaml", "*.index.json"]
`;

const model = (id: string, extra = '') => `[models."${id}"]\nsources = { priority = ["hf://o/r"] }\n${extra}`;

describe('the example of the design', () => {
  it('loads as it stands', async () => {
    const registry = await load(EXAMPLE);
    expect(registry.schemaVersion).toBe(1);
    expect(registry.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(registry.manifestPath).toBe(join(registry.manifestDir, 'models.toml'));
    expect(registry.listModels()).toEqual([
      {
        modelId: 't2v-A14B@2.2.0',
        family: 'wan22',
        description: 'WAN2.2 Text-to-Video A14B Model',
        variants: ['fp16', 'bf16'],
        defaultVariant: 'fp16',
        fileCount: 1,
        totalBytes: 12345,
        proof: 'manifest-sha256',
      },
    ]);
    expect(registry.spec('t2v-A14B@2.2.0')).toMatchObject({
      ref: { modelId: 't2v-A14B@2.2.0' },
      variant: 'fp16',
      name: 't2v-A14B',
      version: '2.2.0',
      family: 'wan22',
      files: [{ path: 'model_index.json', sizeBytes: 12345, sha256: A, proof: 'manifest-sha256', optional: false, shardIndex: false }],
      allowPatterns: ['*.safetensors', '*.json', '*.yaml', '*.index.json'],
      optionalComponents: ['text_encoder'],
      resolutionCaps: ['720p24', '1080p24'],
      loraRequired: false,
    });
  });

  it('gives one frozen spec for every spelling of a reference', async () => {
    const registry = await load(EXAMPLE);
    const spec = registry.spec('t2v-A14B@2.2.0@bf16');
    expect(registry.spec('t2v-A14B@2.2.0#bf16')).toBe(spec);
    expect(registry.spec('t2v-A14B', 'bf16')).toBe(spec);
    expect(registry.spec({ name: 'T2V-a14b', variant: 'BF16' })).toBe(spec);
    expect(Object.isFrozen(spec) && Object.isFrozen(spec.files) && Object.isFrozen(spec.files[0])).toBe(true);
  });
});

describe('references', () => {
  it('to the default variant, asked for by name, are those without one', async () => {
    const registry = await load(EXAMPLE);
    for (const ref of ['t2v-A14B', 't2v-A14B@2.2.0', 't2v-A14B@2.2.0@fp16', 't2v-A14B@2.2.0#fp16'])
      expect(registry.resolve(ref)).toEqual({ modelId: 't2v-A14B@2.2.0' });
    expect(registry.resolve('t2v-A14B@2.2.0', 'bf16')).toEqual({ modelId: 't2v-A14B@2.2.0', variant: 'bf16' });
  });

  it('take the explicit variant over one in the text', async () => {
    const registry = await load(EXAMPLE);
    expect(registry.resolve('t2v-A14B@2.2.0#bf16', 'fp16')).toEqual({ modelId: 't2v-A14B@2.2.0' });
    expect(registry.resolve({ name: 't2v-A14B', variant: 'fp16' }, 'bf16').variant).toBe('bf16');
  });

  it('are forgiven their case where nothing else fits', async () => {
    const registry = await load(model('ti2v-5B@2.2.0'));
    expect(registry.resolve('ti2v-5b').modelId).toBe('ti2v-5B@2.2.0');
    expect(registry.resolve('TI2V-5b@2.2.0').modelId).toBe('ti2v-5B@2.2.0');
  });

  it('to a name with several versions list them', async () => {
    const registry = await load(model('a@1.0.0') + model('a@1.1.0') + model('b@1.0.0'));
    const error = failure(() => registry.spec('a'));
    expect(error).toMatchObject({
      code: 'INVALID_MODEL_ID',
      reason: 'ambiguous_version',
      details: { available_models: ['a@1.0.0', 'a@1.1.0'] },
    });
    expect(error.message).toContain('a@1.0.0, a@1.1.0');
  });

  it('to no model list what exists and the nearest', async () => {
    const registry = await load(EXAMPLE + model('i2v-A14B@2.2.0'));
    const error = failure(() => registry.spec('t2v-A14@2.2.0'));
    expect(error).toMatchObject({ code: 'MODEL_NOT_FOUND', hint: 'did you mean t2v-A14B@2.2.0?', exitCode: 3 });
    expect(error.details.available_models).toEqual(['t2v-A14B@2.2.0', 'i2v-A14B@2.2.0']);
    expect(error.message).toContain('i2v-A14B@2.2.0');
    expect(failure(() => registry.spec('t2v-A14B@9.9.9')).hint).toBe('did you mean t2v-A14B@2.2.0?');
    expect(failure(() => registry.spec('t2v-A15B')).hint).toBe('did you mean t2v-A14B@2.2.0?');
  });

  it('of a wrong form are refused before anything is looked up', async () => {
    const registry = await load(EXAMPLE);
    for (const text of ['', 't2v A14B', '../x', 't2v@1', 'a@1.0.0@b@c'])
      expect(failure(() => registry.resolve(text)).code).toBe('INVALID_MODEL_ID');
  });
});

describe('variants', () => {
  const VARIANTS = model(
    'm@1.0.0',
    `variants = ["fp32", "bf16", "fp16"]
environments = { production = "fp32", development = "fp16" }
files = [
  { path = "config.json", size = 1 },
  { path = "model.safetensors", size = 40, sha256 = "${A}", variants = ["fp32"] },
]
[models."m@1.0.0".variant.bf16]
files = [{ path = "model.safetensors", size = 20, sha256 = "${B}" }, { path = "config.json", size = 2 }]
sources = { priority = ["hf://o/r@bf16"], allow_patterns = ["*.json"] }
[models."m@1.0.0".variant.fp16]
derive_from = "fp32"
dtype = "fp16"
`,
  );
  const files = (registry: ModelRegistry, ref: string) => registry.spec(ref).files.map(({ path, sizeBytes }) => `${path} ${sizeBytes}`);

  it('hold the files that name them or name none, and those of their own table', async () => {
    const registry = await load(VARIANTS);
    expect(files(registry, 'm@1.0.0')).toEqual(['config.json 1', 'model.safetensors 40']);
    expect(files(registry, 'm@1.0.0@bf16')).toEqual(['model.safetensors 20', 'config.json 2']);
    expect(files(registry, 'm@1.0.0@fp16')).toEqual(['config.json 1', 'model.safetensors 20']);
    expect(registry.listModels()[0]).toMatchObject({ defaultVariant: 'fp32', fileCount: 2, totalBytes: 41 });
  });

  it('may have sources of their own, and be derived', async () => {
    const registry = await load(VARIANTS);
    expect(registry.spec('m')).toMatchObject({ sources: ['hf://o/r'], environments: { production: 'fp32', development: 'fp16' } });
    expect(registry.spec('m', 'bf16')).toMatchObject({ sources: ['hf://o/r@bf16'], allowPatterns: ['*.json'] });
    expect(registry.spec('m', 'fp16').derivation).toEqual({ from: 'fp32', dtype: 'fp16' });
  });

  const DERIVED = model(
    'm@1.0.0',
    `variants = ["fp32", "bf16", "fp16"]
files = [
  { path = "dit/model-1.safetensors", size = 41, sha256 = "${A}", component = "dit", url = "https://h/one" },
  { path = "dit/model-2.safetensors", size = 40, component = "dit" },
  { path = "dit/model.safetensors.index.json", size = 9, component = "dit" },
  { path = "t5.pth", size = 7, component = "dit" },
  { path = "vae/model.safetensors", size = 8, component = "vae", variants = ["fp32"] },
]
[models."m@1.0.0".variant.bf16]
derive_from = "fp32"
dtype = "bf16"
derive_components = ["dit"]
files = [{ path = "dit/model-2.safetensors", size = 20, sha256 = "${B}" }, { path = "only-here.json", size = 3 }]
[models."m@1.0.0".variant.fp16]
derive_from = "fp32"
dtype = "fp16"
`,
  );

  it('that are derived have the files of what they are made from: safetensors of the components named cast, their index rewritten', async () => {
    const registry = await load(DERIVED);
    const made = registry.spec('m', 'bf16').files;
    expect(made.map(({ path, sizeBytes, sha256, derive }) => [path, sizeBytes, sha256, derive?.inputs.map((input) => input.path)])).toEqual(
      [
        ['dit/model-1.safetensors', 21, undefined, ['dit/model-1.safetensors']],
        ['dit/model-2.safetensors', 20, B, undefined],
        ['dit/model.safetensors.index.json', 9, undefined, ['dit/model.safetensors.index.json', 'dit/model-1.safetensors']],
        ['t5.pth', 7, undefined, undefined],
        ['vae/model.safetensors', 8, undefined, undefined],
        ['only-here.json', 3, undefined, undefined],
      ],
    );
    expect(made[0]).toMatchObject({ component: 'dit', proof: 'manifest-sha256', derive: { dtype: 'bf16' } });
    expect(made[0]?.derive?.inputs[0]).toMatchObject({ sha256: A, url: 'https://h/one', sizeBytes: 41 });
    expect(made[0]).not.toHaveProperty('url');
    expect(
      registry
        .spec('m', 'fp16')
        .files.filter(({ derive }) => derive)
        .map(({ path }) => path),
    ).toEqual(['dit/model-1.safetensors', 'dit/model-2.safetensors', 'dit/model.safetensors.index.json', 'vae/model.safetensors']);
  });

  it('that are derived are other ones where an input is another one', async () => {
    const digest = async (text: string) => (await load(text)).spec('m', 'bf16').specDigest;
    expect(await digest(DERIVED)).not.toBe(await digest(DERIVED.replace(A, B)));
    expect(await digest(DERIVED)).not.toBe((await load(DERIVED)).spec('m', 'fp16').specDigest);
  });

  it('that do not exist are answered with those that do', async () => {
    const registry = await load(VARIANTS);
    const error = failure(() => registry.spec('m', 'bf61'));
    expect(error).toMatchObject({
      code: 'VARIANT_NOT_FOUND',
      hint: 'did you mean bf16?',
      details: { available_variants: ['fp32', 'bf16', 'fp16'] },
    });
    expect(error.message).toContain('fp32, bf16, fp16');
  });

  it('of a model that lists none is one, named default', async () => {
    const registry = await load(model('m@1.0.0'));
    expect(registry.spec('m')).toMatchObject({
      variant: 'default',
      variants: ['default'],
      ref: { modelId: 'm@1.0.0' },
      filesOpen: true,
      files: [],
    });
    expect(registry.resolve('m', 'default')).toEqual({ modelId: 'm@1.0.0' });
  });
});

describe('components', () => {
  const MOUNTED = `
[components."umt5@2.2.0"]
files = [{ path = "config.json", size = 855, sha256 = "${A}" }, { path = "README.md", size = 3 }, { path = "big.bin", size = 9, variants = ["fp32"] }]
sources = { priority = ["hf://Wan-AI/umt5", "local://umt5"], allow_patterns = ["*.json", "*.bin"] }
[components."vae@1.0.0"]
files = [{ path = "vae.json", size = 7 }]
${model(
  'm@1.0.0',
  `variants = ["fp32", "bf16"]
files = [{ path = "model_index.json", size = 1 }]
mounts = { text_encoder = "umt5@2.2.0", vae = { component = "vae@1.0.0", path = "." } }
`,
)}`;

  it("appear in the mount's folder, as component of its name", async () => {
    const registry = await load(MOUNTED);
    expect(registry.spec('m').files).toMatchObject([
      { path: 'model_index.json' },
      {
        path: 'text_encoder/config.json',
        component: 'text_encoder',
        mountedFrom: 'umt5@2.2.0',
        sha256: A,
        origins: [
          { source: 'hf://Wan-AI/umt5', path: 'config.json' },
          { source: 'local://umt5', path: 'config.json' },
          { source: 'hf://o/r', path: 'text_encoder/config.json' },
        ],
      },
      { path: 'text_encoder/big.bin' },
      { path: 'vae.json', component: 'vae', mountedFrom: 'vae@1.0.0' },
    ]);
    expect(registry.spec('m').files[3]).not.toHaveProperty('origins');
    expect(registry.spec('m', 'bf16').files.map(({ path }) => path)).not.toContain('text_encoder/big.bin');
    expect(registry.listModels()[0]).toMatchObject({ fileCount: 4, totalBytes: 872 });
  });
});

describe('overlays', () => {
  const OVERLAY = model(
    'm@1.0.0',
    `files = [{ path = "a", size = 1 }]
allow_patterns = ["a"]
base_family = "big"
defaults = { steps = 40, shift = 12.0 }
[models."m@1.0.0".overlays.lightning]
base_family = "big"
files = [{ path = "loras/lightning.safetensors", size = 5 }]
sources = { priority = ["hf://lightx2v/x"] }
defaults = { steps = 4 }
[models."m@1.0.0".overlays.Style]
files = [{ path = "loras/style.safetensors", size = 6 }]
defaults = { steps = 8, guidance_scale = 1.0 }
[models."m@1.0.0".overlays.twin]
files = [{ path = "LORAS/Style.safetensors", size = 7 }]
`,
  );

  it('add their files, from their sources', async () => {
    const registry = await load(OVERLAY);
    const spec = registry.spec('m@1.0.0@+lightning');
    expect(spec.ref).toEqual({ modelId: 'm@1.0.0', overlay: 'lightning' });
    expect(spec.files[1]).toMatchObject({
      path: 'loras/lightning.safetensors',
      origins: [{ source: 'hf://lightx2v/x', path: 'loras/lightning.safetensors' }],
    });
    expect(registry.spec('m')).toMatchObject({
      overlays: [{ name: 'lightning' }, {}, {}],
      files: [{ path: 'a' }],
      defaults: { steps: 40 },
    });
    expect(registry.spec('m').applied).toBeUndefined();
    expect(registry.listModels()[0]?.overlays).toEqual(['lightning', 'Style', 'twin']);
  });

  it('that are several apply in the order of the reference, the last one winning', async () => {
    const registry = await load(OVERLAY);
    const spec = registry.spec('m@+style+LIGHTNING');
    expect(spec.ref).toEqual({ modelId: 'm@1.0.0', overlay: 'Style+lightning' });
    expect(spec.applied?.map(({ name }) => name)).toEqual(['Style', 'lightning']);
    expect(spec.defaults).toEqual({ steps: 4, shift: 12, guidance_scale: 1 });
    expect(registry.spec('m@+lightning+Style').defaults).toMatchObject({ steps: 8 });
    expect(registry.spec('m@+lightning+Style').specDigest).not.toBe(spec.specDigest);
  });

  it('that would put their files over one another are refused', async () => {
    const registry = await load(OVERLAY);
    expect(failure(() => registry.spec('m@+Style+twin'))).toMatchObject({ code: 'INVALID_INPUT', reason: 'overlays_collide' });
  });

  it('that belong to another model are refused with the one that they were made for', async () => {
    const registry = await load(`${OVERLAY}\n${model('n@1.0.0', 'files = [{ path = "a", size = 1 }]\n')}`);
    expect(failure(() => registry.spec('n@1.0.0@+lightning'))).toMatchObject({
      code: 'VARIANT_NOT_FOUND',
      reason: 'overlay_wrong_base',
      message: 'the overlay lightning was made for m@1.0.0 and does not fit n@1.0.0',
      hint: 'ask for m@1.0.0@+lightning',
    });
  });

  it('that do not exist are answered with those that do', async () => {
    const registry = await load(OVERLAY);
    expect(failure(() => registry.spec('m@1.0.0@+lightnin'))).toMatchObject({
      code: 'VARIANT_NOT_FOUND',
      reason: 'overlay_not_found',
      hint: 'did you mean lightning?',
      details: { available_overlays: ['lightning', 'Style', 'twin'] },
    });
  });
});

describe('the spec digest', () => {
  const digestOf = async (files: string) => (await load(model('m@1.0.0', `files = [${files}]\n`))).spec('m').specDigest;
  const a = `{ path = "a", size = 1, sha256 = "${A}" }`;
  const b = '{ path = "b", size = 2 }';

  it('changes with what decides the bytes, and with nothing else', async () => {
    const digest = await digestOf(`${a}, ${b}`);
    expect(await digestOf(`${b}, ${a}`)).toBe(digest);
    expect(await digestOf(`${a}, ${b.replace('size = 2', 'size = 2, component = "x"')}`)).toBe(digest);
    for (const other of [
      a.replace(A, B),
      a.replace('size = 1', 'size = 3'),
      a.replace('"a"', '"c"'),
      a.replace('}', ', optional = true }'),
    ])
      expect(await digestOf(`${other}, ${b}`)).not.toBe(digest);
  });
});

describe('everything that a model can say', () => {
  it('arrives in the spec', async () => {
    const registry = await load(
      model(
        'm@1.0.0',
        `family = "flux"
type = "text-to-image"
license = "apache-2.0"
tags = ["a"]
lora_required = true
allow_patterns = ["*.bin"]
required_components = ["unet"]
files = [{ path = "x.index.json", size = 1, shard_index = true, optional = true }, { path = "x-1.bin", size = 2, component = "unet", shard_part = 1, url = "https://h/x?sig=y" }]
pipeline = { class = "FluxPipeline", required_components = ["unet"], forbidden_components = ["image_encoder"], modes = ["t2i"] }
defaults = { fps = 24, guidance_scale = 5.0, steps = 40, custom = "x" }
vram_estimation = { params_billion = 14, family_size = "large", base_vram_gb = 12.5, per_frame_vram_mb = 256 }
`,
      ),
    );
    expect(registry.spec('m')).toMatchObject({
      family: 'flux',
      type: 'text-to-image',
      license: 'apache-2.0',
      tags: ['a'],
      loraRequired: true,
      allowPatterns: ['*.bin'],
      requiredComponents: ['unet'],
      files: [
        { path: 'x.index.json', optional: true, shardIndex: true, proof: 'size-only' },
        { path: 'x-1.bin', component: 'unet', shardPart: 1, url: 'https://h/x?sig=y' },
      ],
      pipeline: { className: 'FluxPipeline', requiredComponents: ['unet'], forbiddenComponents: ['image_encoder'], modes: ['t2i'] },
      defaults: { fps: 24, guidance_scale: 5, steps: 40, custom: 'x' },
      vramEstimation: { paramsBillion: 14, familySize: 'large', baseVramGb: 12.5, perFrameVramMb: 256 },
    });
  });
});

describe('a manifest that cannot be loaded', () => {
  it('is refused with every problem', async () => {
    const error = await load(`${model('a')}${model('b')}`).catch((thrown: unknown) => thrown as ModelError);
    expect(error).toMatchObject({ code: 'MANIFEST_INVALID', reason: 'id_invalid', exitCode: 2, details: { problem_count: 2 } });
    expect((error as ModelError).details.problems).toMatchObject([{ line: 2, column: 1, code: 'id_invalid' }, { line: 4 }]);
    expect((error as ModelError).message).toMatch(/2 problems\n.*models\.toml:2:1 id_invalid .*\n.*:4:1 id_invalid/);
  });

  it('shows the first twenty in the message', async () => {
    const error = await load(Array.from({ length: 25 }, (_, index) => model(`m${index}`)).join('')).catch(
      (thrown: unknown) => thrown as ModelError,
    );
    expect((error as ModelError).message.match(/id_invalid/g)).toHaveLength(20);
    expect((error as ModelError).message).toContain('and 5 more');
    expect((error as ModelError).details.problems).toHaveLength(25);
  });

  it('of another schema version is answered with what reads it', async () => {
    const manifestPath = join(await tempDir(), 'models.toml');
    await writeFile(manifestPath, 'schema_version = 2\n[[something.new]]\n');
    await expect(ModelRegistry.load({ manifestPath })).rejects.toMatchObject({
      code: 'SCHEMA_VERSION_MISMATCH',
      message: expect.stringContaining('schema_version is 2; this program reads 1'),
      hint: 'install a wan-models that reads version 2, or write the manifest as version 1 has it (docs/manifest.md)',
      details: { found: 2, supported: [1] },
    });
  });

  it('and is not there says where it was looked for', async () => {
    await expect(ModelRegistry.load({ manifestPath: 'no/such/models.toml' })).rejects.toMatchObject({
      code: 'MISSING_MANIFEST',
      exitCode: 2,
    });
  });
});
