/** Requirement 6: what a pipeline loader gets from the library. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { seeded, status } from '../servers/http/fault-server.ts';
import { MODEL, modelFixture, textOf } from '../support/model-fixture.ts';

/** As published. */
const LIBRARY = pathToFileURL(join(import.meta.dirname, '../../dist/index.js')).href;

const files = { 'model_index.json': '{"_class_name":"WanPipeline"}', 'vae/model.safetensors': seeded(5000, 1) };

describe('requirement 6', () => {
  it('6.1 ensure gives the absolute path of the complete directory', async () => {
    const world = await modelFixture({ files });
    const path = await (await world.orchestrator()).ensure(MODEL);
    expect(isAbsolute(path)).toBe(true);
    for (const [name, content] of Object.entries(files)) expect(await readFile(join(path, name))).toEqual(textOf(content));
  });

  it('6.2 a model that is not here is downloaded before its path is given; one that is here costs no request', async () => {
    const world = await modelFixture({ files, sources: ['http'] });
    const orchestrator = await world.orchestrator();
    expect(existsSync(join(await orchestrator.ensure(MODEL), 'vae/model.safetensors'))).toBe(true);
    const { length } = world.server().requests;
    expect(length).toBeGreaterThan(0);
    expect(await orchestrator.ensure(MODEL)).toBe(world.modelDir());
    expect(world.server().requests).toHaveLength(length);
  });

  it('6.3 getWanPaths gives a ready directory to a program that knows nothing but the name', async () => {
    const world = await modelFixture({ files, sources: ['http'] });
    const program = `import { getWanPaths, loadPlan } from ${JSON.stringify(LIBRARY)};
      const path = await getWanPaths(${JSON.stringify(MODEL)});
      const { path: planned, complete } = await loadPlan(${JSON.stringify(MODEL)});
      console.log(JSON.stringify({ path, planned, complete }));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
      env: { ...process.env, ...world.env },
      cwd: world.directory,
    });
    const path = world.modelDir();
    expect(JSON.parse(stdout)).toEqual({ path, planned: path, complete: true });
    for (const [name, content] of Object.entries(files)) expect(await readFile(join(path, name))).toEqual(textOf(content));
  });

  it('6.4 a failure names the model, the file, the reason and the next step', async () => {
    const world = await modelFixture({ files, sources: ['http'] });
    world.server().fault(`${MODEL}/vae/model.safetensors`, status(404));
    const error = await (await world.orchestrator()).ensure(MODEL).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      message: expect.stringMatching(/vae\/model\.safetensors.*404/),
      hint: expect.stringMatching(/\w+/),
      details: { file: 'vae/model.safetensors' },
    });
  });

  it.each(['', 'two words', 't2v@', '@2.2.0', 't2v-tiny@latest', '../t2v-tiny@2.2.0', 't2v-tiny@2.2.0@a@b', `${MODEL}#../x`])(
    '6.5 the invalid id %j is refused before anything is downloaded or written',
    async (id) => {
      const world = await modelFixture({ files, sources: ['http'] });
      await expect((await world.orchestrator()).ensure(id)).rejects.toMatchObject({ code: 'INVALID_MODEL_ID', exitCode: 2 });
      expect(world.server().requests).toEqual([]);
      expect(existsSync(world.modelsRoot)).toBe(false);
    },
  );
});
