/** Requirement 1: one manifest, with versions and variants. */
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded } from '../servers/http/fault-server.ts';
import { MODEL, modelFixture, textOf } from '../support/model-fixture.ts';

const files = { 'model_index.json': '{"_class_name":"WanPipeline"}', 'vae/model.safetensors': seeded(5000, 1) };

const weightsOf = (variant: string, seed: number) => ({ content: seeded(4000 + seed, seed), keys: { variants: [variant] } });
const threeVariants = {
  files: {
    'model_index.json': '{}',
    'unet/fp16.safetensors': weightsOf('fp16', 1),
    'unet/bf16.safetensors': weightsOf('bf16', 2),
    'unet/int8.safetensors': weightsOf('int8', 3),
  },
  keys: { variants: ['fp16', 'bf16', 'int8'], default_variant: 'fp16' },
};

describe('requirement 1', () => {
  it('1.1 all models come from one manifest, whose schema version is checked', async () => {
    const world = await modelFixture({ models: { 't2v@2.2.0': { files }, 'i2v@2.2.0': { files }, 'ti2v@1.0.0': { files } } });
    const orchestrator = await world.orchestrator();
    expect((await orchestrator.listModels()).map(({ modelId }) => modelId)).toEqual(['t2v@2.2.0', 'i2v@2.2.0', 'ti2v@1.0.0']);

    const unversioned = (await readFile(world.manifestPath, 'utf8')).replace('schema_version = 1', '');
    await writeFile(world.manifestPath, unversioned);
    await expect(world.orchestrator().then((opened) => opened.listModels())).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringContaining('schema_version'),
    });
  });

  it.each([MODEL, 't2v-tiny', `${MODEL}#fp16`, `${MODEL}@fp16`])('1.2 %s means the canonical id', async (id) => {
    const world = await modelFixture({ files, keys: { variants: ['fp16', 'bf16'] } });
    const orchestrator = await world.orchestrator();
    expect((await orchestrator.status(id)).ref).toEqual({ modelId: MODEL });
    expect(await orchestrator.localDir(id)).toBe(world.modelDir());
  });

  it('1.3 each variant has its own files and its own directory', async () => {
    const world = await modelFixture(threeVariants);
    const orchestrator = await world.orchestrator();
    const found: Record<string, string[]> = {};
    for (const variant of ['fp16', 'bf16', 'int8']) {
      const path = await orchestrator.ensure(MODEL, { variant });
      found[path] = await readdir(join(path, 'unet'));
    }
    expect(found).toEqual({
      [world.modelDir()]: ['fp16.safetensors'],
      [world.modelDir(`${MODEL}@bf16`)]: ['bf16.safetensors'],
      [world.modelDir(`${MODEL}@int8`)]: ['int8.safetensors'],
    });
  });

  it('1.3 a variant that is asked for by name wins over the one in the id', async () => {
    const world = await modelFixture(threeVariants);
    const orchestrator = await world.orchestrator();
    expect(await orchestrator.localDir(`${MODEL}#bf16`, { variant: 'int8' })).toBe(world.modelDir(`${MODEL}@int8`));
  });

  it('1.4 every missing or wrong field is named at once, with its line, and nothing is written', async () => {
    const world = await modelFixture({ files });
    const text = [
      'schema_version = 1',
      `[models."${MODEL}"]`,
      'version = "2.2.0"',
      `[[models."${MODEL}".files]]`,
      'path = "a.bin"',
      `[[models."${MODEL}".files]]`,
      'size = 5',
      `[[models."${MODEL}".files]]`,
      'path = "c.bin"',
      'size = -1',
      'sha256 = "abc123"',
    ];
    await writeFile(world.manifestPath, text.join('\n'));
    const ran = await world.cli(['models', 'validate', '--json']);
    const { problems } = ran.json<{ data: { problems: { line: number; code: string; message: string }[] } }>().data;
    const told = problems.map(({ line, code }) => `${line} ${code}`);
    expect(told).toEqual(['2 no_sources', '4 missing_key', '6 missing_key', '10 size_negative', '11 digest_invalid']);
    expect(problems.find(({ line }) => line === 4)?.message).toContain('size');
    expect(problems.find(({ line }) => line === 6)?.message).toContain('path');
    expect((await world.cli(['models', 'ensure', '--all'])).code).toBe(2);
    expect(existsSync(world.modelsRoot)).toBe(false);
  });

  it('1.5 two machines with the same manifest get the same directory', async () => {
    const options = { files, keys: { variants: ['fp16'] } };
    const trees: string[][] = [];
    for (const world of [await modelFixture(options), await modelFixture({ ...options, sources: ['http'] })]) {
      const path = await (await world.orchestrator()).ensure(MODEL);
      const names = (await readdir(path, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
      expect(path.slice(world.modelsRoot.length)).toBe(`/wan22/${MODEL}`);
      trees.push(names.map((entry) => join(entry.parentPath, entry.name).slice(path.length)).sort());
      for (const [name, content] of Object.entries(files)) expect(await readFile(join(path, name))).toEqual(textOf(content));
    }
    expect(trees[0]).toEqual(['/.verified.json', '/model_index.json', '/vae/model.safetensors']);
    expect(trees[1]).toEqual(trees[0]);
  });

  it.each([0, 2, 99])('1.6 schema version %i is refused, with what to do about it', async (version) => {
    const world = await modelFixture({ files });
    const text = await readFile(world.manifestPath, 'utf8');
    await writeFile(world.manifestPath, text.replace('schema_version = 1', `schema_version = ${version}`));
    const ran = await world.cli(['models', 'ensure', '--all', '--json']);
    const { error } = ran.json();
    expect(ran.code).toBe(2);
    expect(error.code).toBe('SCHEMA_VERSION_MISMATCH');
    expect(error.message).toContain(`${version}`);
    expect(error.message).toMatch(/\b1\b/);
    expect(error.hint).toMatch(/^install a wan-models that reads version/);
    expect(existsSync(world.modelsRoot)).toBe(false);
  });

  it('1.7 of a sharded model only the shards that the index names are downloaded', async () => {
    const [one, two] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
    const index = JSON.stringify({ metadata: { total_size: 4000 }, weight_map: { 'a.weight': one, 'b.weight': two } });
    const world = await modelFixture({
      sources: ['http'],
      files: {
        'transformer/model.safetensors.index.json': { content: index, keys: { shard_index: true } },
        [`transformer/${one}`]: seeded(3000, 1),
        [`transformer/${two}`]: seeded(3000, 2),
        'transformer/model-00001-of-00001.safetensors': seeded(6000, 3),
      },
    });
    const orchestrator = await world.orchestrator();
    const path = await orchestrator.ensure(MODEL);
    expect((await readdir(join(path, 'transformer'))).sort()).toEqual([one, two, 'model.safetensors.index.json']);
    expect(world.server().requestsOf(`${MODEL}/transformer/model-00001-of-00001.safetensors`)).toEqual([]);
    expect(await orchestrator.status(MODEL)).toMatchObject({ state: 'COMPLETE', missingFiles: [], bytesNeeded: 0 });
  });

  it('1.8 an unknown model or variant is refused with what there is, before any source is asked', async () => {
    const models = {
      't2v-A14B@2.2.0': { files, sources: ['http'], keys: { variants: ['fp16', 'bf16'] } },
      'i2v-A14B@2.2.0': { files, sources: ['http'] },
    };
    const world = await modelFixture({ models });
    const orchestrator = await world.orchestrator();
    await expect(orchestrator.ensure('t2v-A15B@2.2.0')).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      exitCode: 3,
      message: expect.stringMatching(/t2v-A14B@2\.2\.0.*i2v-A14B@2\.2\.0/),
      hint: expect.stringContaining('t2v-A14B@2.2.0'),
      details: { available_models: ['t2v-A14B@2.2.0', 'i2v-A14B@2.2.0'] },
    });
    await expect(orchestrator.ensure('t2v-A14B@2.2.0', { variant: 'fp8' })).rejects.toMatchObject({
      code: 'VARIANT_NOT_FOUND',
      exitCode: 3,
      message: expect.stringContaining('fp16, bf16'),
      details: { available_variants: ['fp16', 'bf16'] },
    });
    expect(world.server().requests).toEqual([]);
    expect(existsSync(world.modelsRoot)).toBe(false);
  });
});
