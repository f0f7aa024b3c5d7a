/** Requirement 11: file systems, as far as manifest and paths show it on the machine of the test. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { validateManifest } from '../../src/registry/validate-manifest.ts';
import { ModelResolver } from '../../src/resolver/model-resolver.ts';
import { platformOf } from '../../src/resolver/platform.ts';
import { type FixtureModel, MODEL, type ModelWorld, modelFixture } from '../support/model-fixture.ts';

/** A world whose manifest lists these paths; the files themselves could not lie side by side everywhere. */
async function withPaths(...paths: string[]): Promise<ModelWorld> {
  const files: FixtureModel['files'] = Object.fromEntries(paths.map((_, index) => [`file-${index}.json`, `{"n":${index}}`]));
  const world = await modelFixture({ files });
  const text = await readFile(world.manifestPath, 'utf8');
  const renamed = paths.reduce((all, path, index) => all.replace(`"file-${index}.json"`, () => JSON.stringify(path)), text);
  await writeFile(world.manifestPath, renamed);
  return world;
}

const problemCodes = async (world: ModelWorld): Promise<string[]> => (await validateManifest(world.manifestPath)).map(({ code }) => code);

describe('requirement 11', () => {
  it('11.1 on Windows a path over 260 characters works, with advice on how to allow it system-wide', () => {
    const resolver = new ModelResolver({ modelsRoot: 'D:\\models', cwd: 'D:\\', platform: platformOf('win32') });
    const file = resolver.modelFile(resolver.modelDir('wan22', { modelId: MODEL }), `${'folder/'.repeat(40)}model.safetensors`);
    const issues = resolver.validatePathConstraints(file);
    expect(issues.map(({ level }) => level)).toEqual(['warning']);
    expect(issues[0]?.hint).toMatch(/LongPathsEnabled|long paths/i);
  });

  it('11.2 a path that the platform cannot hold is refused before anything is written, with the way out', async () => {
    const world = await withPaths(`${'deep-folder-name-000/'.repeat(20)}model.json`);
    const root = join(world.modelsRoot, `${'x'.repeat(200)}/`.repeat(19));
    const ran = await world.cli(['models', 'ensure', MODEL, '--json'], { MODELS_ROOT: root });
    expect(ran.code).toBe(9);
    expect(ran.json().error).toMatchObject({ code: 'PATH_TOO_LONG', hint: expect.stringContaining('MODELS_ROOT') });
    expect(existsSync(world.modelsRoot)).toBe(false);
  });

  it.each([
    [['Model.json', 'model.json'], 'path_collision_case'],
    [['unet/a.json', 'UNET/b.json'], 'path_collision_case'],
    [['caf\u00e9.json', 'cafe\u0301.json'], 'path_collision_unicode'],
    [['unet', 'unet/a.json'], 'path_file_and_directory'],
    [['a.json', 'a.json'], 'path_duplicate'],
  ])('11.4 %j would be one file somewhere, and is refused', async (paths, code) => {
    const world = await withPaths(...paths);
    expect(await problemCodes(world)).toEqual([code]);
    await expect((await world.orchestrator()).ensure(MODEL)).rejects.toMatchObject({ code: 'MANIFEST_INVALID', exitCode: 2 });
    expect(existsSync(world.modelsRoot)).toBe(false);
  });

  it.each(['CON', 'unet/aux.json', 'nul.safetensors', 'Com1.bin', 'LPT9', 'a/prn/b.json'])(
    '11.5 the reserved name in %s is refused',
    async (path) => {
      const world = await withPaths(path);
      expect(await problemCodes(world)).toEqual(['path_reserved']);
      await expect((await world.orchestrator()).ensure(MODEL)).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
      expect(existsSync(world.modelsRoot)).toBe(false);
    },
  );

  it('11.5 names that only look reserved are kept', async () => {
    const paths = ['console.json', 'auxiliary/nullable.json', 'com10.json', 'COM.json'];
    const world = await withPaths(...paths);
    expect(await problemCodes(world)).toEqual([]);
  });

  it('11.6 MODELS_ROOT may be a network share', () => {
    const resolver = new ModelResolver({ modelsRoot: '\\\\nas\\models', cwd: 'C:\\', platform: platformOf('win32') });
    expect(resolver.modelDir('wan22', { modelId: MODEL })).toBe(`\\\\nas\\models\\wan22\\${MODEL}`);
  });
});
