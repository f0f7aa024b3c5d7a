import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type FixtureModel, MODEL, modelFixture } from '../../test/support/model-fixture.ts';
import { derivedModel } from '../../test/support/tiny-weights.ts';
import { encoderDigest } from './embedding-cache/encoder-digest.ts';
import { getWanPaths } from './get-wan-paths.ts';
import { loadPlan } from './load-plan.ts';

const GIB = 1024 ** 3;
const config = JSON.stringify({ num_attention_heads: 2, attention_head_dim: 8, num_layers: 4 });
const index = {
  _class_name: 'WanPipeline',
  transformer: ['diffusers', 'WanTransformer3DModel'],
  text_encoder: ['transformers', 'UMT5EncoderModel'],
  transformer_2: [null, null],
};

/** The derived fixture with its weights as the transformer of a diffusers model. */
function wanModel(modelIndex: object = index): FixtureModel {
  const model = derivedModel();
  const files = Object.entries(model.files).map(([path, file]): [string, typeof file] => {
    if (path === 'model_index.json') return [path, `${JSON.stringify(modelIndex)}\n`];
    const { content, keys = {} } = file as { content: string; keys?: Record<string, string> };
    return [
      path.replace('dit/', 'transformer/'),
      { content, keys: { ...keys, component: keys.component === 'dit' ? 'transformer' : 'text_encoder' } },
    ];
  });
  return {
    files: { ...Object.fromEntries(files), 'transformer/config.json': { content: config, keys: { component: 'transformer' } } },
    keys: {
      resolution_caps: ['720p16'],
      pipeline: {
        class: 'WanPipeline',
        required_components: ['transformer'],
        modes: ['t2v'],
        required_inputs: ['prompt'],
        forbidden_inputs: ['image'],
      },
      defaults: { frames: 81, steps: 40, resolution: '832x480', precision: 'bf16', vae_stride: [4, 8, 8] },
    },
  };
}

async function wanWorld(model = wanModel()) {
  const world = await modelFixture(model);
  return { world, orchestrator: await world.orchestrator() };
}

describe('the plan of a loader', () => {
  it('tells which text encoder it is, for the keys of text embeddings', async () => {
    const { orchestrator } = await wanWorld();
    const { textEncoderDigest } = await loadPlan(orchestrator, MODEL);
    expect(textEncoderDigest).toMatch(/^[0-9a-f]{64}$/);
    expect(textEncoderDigest).toBe(encoderDigest((await orchestrator.show(MODEL)).files));
  });

  it('names class, components, number formats and memory of a model that is here', async () => {
    const { world, orchestrator } = await wanWorld();
    const plan = await loadPlan(orchestrator, MODEL, { ensure: true, gpuBytes: 24 * GIB, request: { prompt: 'a cat', frames: 49 } });
    const directory = world.modelDir(MODEL);
    expect(plan).toMatchObject({
      path: directory,
      complete: true,
      library: 'diffusers',
      pipelineClass: 'WanPipeline',
      request: { mode: 't2v', width: 832, frames: 49, steps: 40 },
    });
    const transformer = plan.components.find(({ name }) => name === 'transformer');
    // Stored in F32, loaded in half of it.
    expect(transformer).toMatchObject({
      path: join(directory, 'transformer'),
      className: 'diffusers.WanTransformer3DModel',
      dtype: 'bf16',
      missing: [],
    });
    expect(transformer?.weightBytes).toBe(3 * (5000 + 33 + 1) * 2);
    expect(plan.memory?.tokens).toBe(13 * 30 * 52);
    expect(plan.strategy).toMatchObject({ offload: 'none', fits: 'yes', denoiseBytes: expect.any(Number) });
    expect(plan.strategy?.denoiseBytes).toBeGreaterThan(13 * 30 * 52 * 16 * 90);
  });

  it('of a model that is not here says what is missing, and changes nothing', async () => {
    const { orchestrator } = await wanWorld();
    const plan = await loadPlan(orchestrator, MODEL);
    expect(plan.complete).toBe(false);
    expect(plan.components.find(({ name }) => name === 'transformer')?.missing).toHaveLength(3);
    expect(plan.warnings.join()).toContain('are not here');
    // Its config.json is not here either, and the manifest does not tell the shape.
    expect(plan.memory).toBeUndefined();
    expect((await orchestrator.status(MODEL)).state).toBe('NOT_PRESENT');
  });

  it('refuses a request that the model cannot meet before anything is fetched', async () => {
    const { orchestrator } = await wanWorld();
    await expect(loadPlan(orchestrator, MODEL, { ensure: true, request: { prompt: 'a cat', image: true } })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
    expect((await orchestrator.status(MODEL)).state).toBe('NOT_PRESENT');
  });

  it.each([
    ['names a component that the manifest has not', { ...index, image_encoder: ['transformers', 'CLIP'] }, 'image_encoder'],
    ['names none of what the pipeline needs', { ...index, transformer: [null, null] }, 'transformer'],
  ])('fails where model_index.json %s', async (_, modelIndex, component) => {
    const { orchestrator } = await wanWorld(wanModel(modelIndex));
    await expect(loadPlan(orchestrator, MODEL, { ensure: true })).rejects.toMatchObject({
      code: 'COMPONENT_MISSING',
      details: { component },
    });
  });

  it('fails on a configuration that is no JSON object', async () => {
    const { world, orchestrator } = await wanWorld();
    await orchestrator.ensure(MODEL);
    const path = join(world.modelDir(MODEL), 'model_index.json');
    for (const text of ['{"_class_name": ', '[]', '1']) {
      await rm(path);
      await writeFile(path, text);
      await expect(loadPlan(orchestrator, MODEL)).rejects.toMatchObject({ code: 'FORMAT_INVALID', details: { path } });
    }
  });
});

describe('getWanPaths', () => {
  it('gives the complete directory, fetched first, and fails for an unknown name before that', async () => {
    const { world, orchestrator } = await wanWorld();
    for (const [id, code] of [
      ['nobody@1.0.0', 'MODEL_NOT_FOUND'],
      [`${MODEL}@q4`, 'VARIANT_NOT_FOUND'],
      ['a/../b', 'INVALID_MODEL_ID'],
    ] as const)
      await expect(getWanPaths(orchestrator, id)).rejects.toMatchObject({ code });
    expect((await orchestrator.status(MODEL)).state).toBe('NOT_PRESENT');
    expect(await getWanPaths(orchestrator, MODEL)).toBe(world.modelDir(MODEL));
    expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
  });
});
