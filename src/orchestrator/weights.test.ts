/** What the weights of a model say of themselves, read from the headers of the files that are here. */
import { readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MODEL, type ModelWorld, modelFixture } from '../../test/support/model-fixture.ts';
import { type TensorPlan, writeSafetensors } from '../formats/safetensors-writer.ts';

const tensor = (name: string, dtype: 'F32' | 'BF16', ...shape: number[]): TensorPlan => ({ name, dtype, shape });

async function weights(...tensors: TensorPlan[]): Promise<Buffer> {
  const bytesOf = ({ dtype, shape }: TensorPlan) => [new Uint8Array(shape.reduce((a, b) => a * b, dtype === 'F32' ? 4 : 2))];
  return Buffer.concat(await Array.fromAsync(writeSafetensors({ tensors, bytesOf })));
}

async function world(): Promise<ModelWorld> {
  const of = (component: string) => ({ keys: { component } });
  const files = {
    'model_index.json': '{}',
    'transformer/m-00001-of-00002.safetensors': {
      content: await weights(tensor('a', 'F32', 4, 3), tensor('b', 'F32', 5)),
      ...of('transformer'),
    },
    'transformer/m-00002-of-00002.safetensors': { content: await weights(tensor('c', 'BF16', 2, 2)), ...of('transformer') },
    'transformer/config.json': { content: '{}', ...of('transformer') },
    'vae.pth': { content: 'pickled', ...of('vae') },
  };
  return modelFixture({ files });
}

describe('the weights of a model', () => {
  it('are counted by component, from their headers', async () => {
    const place = await world();
    const orchestrator = await place.orchestrator();
    await orchestrator.ensure(MODEL);
    const { components, files, path } = await orchestrator.weights(MODEL);
    expect(path).toBe(place.modelDir());
    expect(components).toMatchObject([
      { fileCount: 1, weightFileCount: 0, tensorCount: 0 },
      {
        component: 'transformer',
        fileCount: 3,
        weightFileCount: 2,
        readFileCount: 2,
        missing: [],
        tensorCount: 3,
        parameterCount: 12 + 5 + 4,
        parametersByDtype: { F32: 17, BF16: 4 },
        proof: 'manifest-sha256',
      },
      { component: 'vae', weightFileCount: 0, unread: ['vae.pth'], parameterCount: 0 },
    ]);
    expect(files[0]?.tensors).toEqual([
      { name: 'a', dtype: 'F32', shape: [4, 3] },
      { name: 'b', dtype: 'F32', shape: [5] },
    ]);
  });

  it('that are not here are named, and count for nothing', async () => {
    const place = await world();
    const orchestrator = await place.orchestrator();
    const nothing = await orchestrator.weights(MODEL);
    expect(nothing.components[1]).toMatchObject({ readFileCount: 0, parameterCount: 0, missing: { length: 2 } });
    const path = await orchestrator.ensure(MODEL);
    rmSync(join(path, 'transformer/m-00002-of-00002.safetensors'));
    expect((await orchestrator.weights(MODEL)).components[1]).toMatchObject({
      readFileCount: 1,
      parameterCount: 17,
      missing: ['transformer/m-00002-of-00002.safetensors'],
    });
  });

  it('that are damaged are told, and do not keep the others from being read', async () => {
    const place = await world();
    const orchestrator = await place.orchestrator();
    const path = join(await orchestrator.ensure(MODEL), 'transformer/m-00001-of-00002.safetensors');
    const bytes = readFileSync(path);
    rmSync(path);
    writeFileSync(path, bytes);
    truncateSync(path, bytes.length - 1);
    const { components, files } = await orchestrator.weights(MODEL);
    expect(files[0]).toMatchObject({ error: { code: 'FORMAT_INVALID', reason: 'data_truncated' } });
    expect(components[1]).toMatchObject({ readFileCount: 1, missing: [], parameterCount: 4 });
  });

  it.skipIf(process.platform === 'win32')('are not read through a link', async () => {
    const place = await world();
    const orchestrator = await place.orchestrator();
    const path = join(await orchestrator.ensure(MODEL), 'transformer/m-00001-of-00002.safetensors');
    renameSync(path, join(place.directory, 'elsewhere'));
    symlinkSync(join(place.directory, 'elsewhere'), path);
    const { files } = await orchestrator.weights(MODEL);
    expect(files[0]?.tensors).toBeUndefined();
    expect(files[0]?.error).toBeDefined();
  });
});
