/** Requirement 3: deterministic path resolution. */
import { rename } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { seeded } from '../servers/http/fault-server.ts';
import { MODEL, modelFixture } from '../support/model-fixture.ts';
import { tempDir } from '../support/temp-dir.ts';

const files = { 'model_index.json': '{}', 'vae/model.safetensors': seeded(5000, 1) };

describe('requirement 3', () => {
  it('3.1 a model path depends on MODELS_ROOT and the model id alone', async () => {
    const world = await modelFixture({ files, keys: { variants: ['fp32', 'bf16'], default_variant: 'fp32' } });
    const orchestrator = await world.orchestrator();
    const path = await orchestrator.localDir(MODEL);
    expect(path).toBe(join(world.modelsRoot, 'wan22', MODEL));
    await world.write({ [MODEL]: { files: { 'other.bin': 'other' }, sources: ['http'], keys: { variants: ['fp32', 'bf16'] } } });
    const another = await world.orchestrator();
    expect(await another.localDir(MODEL)).toBe(path);
    expect(await another.localDir(`${MODEL}#bf16`)).toBe(`${path}@bf16`);
  });

  it('3.2 library, command and another process give the same absolute path', async () => {
    const world = await modelFixture({ files });
    const [orchestrator, second] = [await world.orchestrator(), await world.orchestrator()];
    const path = await orchestrator.localDir(MODEL);
    expect(isAbsolute(path)).toBe(true);
    expect(await second.ensure('t2v-tiny')).toBe(path);
    expect((await orchestrator.status(MODEL)).path).toBe(path);
    expect((await world.cli(['models', 'path', MODEL])).stdout).toBe(`${path}\n`);
    expect(
      (await world.cli(['models', 'ensure', MODEL, '--json'])).json<{ data: { results: { path: string }[] } }>().data.results[0]?.path,
    ).toBe(path);
  });

  it('3.3 another MODELS_ROOT moves every path, and a root that was moved is still complete', async () => {
    const world = await modelFixture({ files });
    await (await world.orchestrator()).ensure(MODEL);
    const elsewhere = join(await tempDir(), 'moved');
    await rename(world.modelsRoot, elsewhere);
    const moved = await world.orchestrator({ env: { MODELS_ROOT: elsewhere } });
    expect(await moved.localDir(MODEL)).toBe(join(elsewhere, 'wan22', MODEL));
    expect((await moved.status(MODEL)).state).toBe('COMPLETE');
    expect(await checkInvariants(elsewhere)).toEqual([]);
  });

  it('3.4 the directory is {MODELS_ROOT}/wan22/{model_id}', async () => {
    const world = await modelFixture({ files });
    expect(await (await world.orchestrator()).ensure(MODEL)).toBe(`${world.modelsRoot}/wan22/${MODEL}`);
  });

  it('3.5 without MODELS_ROOT nothing runs, and the line to paste is shown', async () => {
    const world = await modelFixture({ files });
    const ran = await world.cli(['models', 'ensure', MODEL, '--json'], { MODELS_ROOT: undefined });
    expect(ran.code).toBe(2);
    expect(ran.json().error).toMatchObject({ code: 'INVALID_CONFIG', hint: expect.stringMatching(/export MODELS_ROOT=\S+/) });
    await expect(world.orchestrator({ env: { MODELS_ROOT: '' } })).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });
});
