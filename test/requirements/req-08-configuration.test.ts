/** Requirement 8: configuration and credentials. */
import { existsSync, statSync } from 'node:fs';
import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded, status } from '../servers/http/fault-server.ts';
import { MODEL, modelFixture } from '../support/model-fixture.ts';
import { tempDir } from '../support/temp-dir.ts';

const files = { 'model_index.json': '{}', 'vae/model.safetensors': seeded(5000, 1) };

describe('requirement 8', () => {
  it('8.1 MODELS_ROOT is where everything is kept', async () => {
    const elsewhere = join(await tempDir(), 'a', 'root with spaces');
    const world = await modelFixture({ files, env: { MODELS_ROOT: elsewhere } });
    expect((await world.cli(['models', 'ensure', MODEL])).code).toBe(0);
    expect(existsSync(join(elsewhere, 'wan22', MODEL, 'vae/model.safetensors'))).toBe(true);
    expect(existsSync(join(elsewhere, '.blobs'))).toBe(true);
    expect(existsSync(world.modelsRoot)).toBe(false);
  });

  it('8.2 WAN_MODELS_MANIFEST is the manifest that is read', async () => {
    const world = await modelFixture({ files });
    const elsewhere = join(world.directory, 'other.toml');
    await rename(world.manifestPath, elsewhere);
    expect((await world.cli(['models', 'list'])).code).toBe(2);
    const ran = await world.cli(['models', 'list', '--json'], { WAN_MODELS_MANIFEST: elsewhere });
    expect(ran.json<{ data: { models: { model_id: string }[] } }>().data.models.map(({ model_id }) => model_id)).toEqual([MODEL]);
  });

  it('8.5 no secret of a URL is in any output or log, nor in a record that others can read', async () => {
    const secret = 'hunter2SignatureValue';
    const world = await modelFixture({ files, sources: ['http'] });
    const url = `${world.server().url}/${MODEL}/vae/model.safetensors?X-Amz-Signature=${secret}`;
    const presigned = { 'vae/model.safetensors': { content: files['vae/model.safetensors'], keys: { url } } };
    await world.write({ [MODEL]: { files: presigned, sources: ['local://nowhere'] } });
    world.server().fault('*', status(403, { body: `Access denied: ${url}` }));
    const runs = [
      await world.cli(['models', 'ensure', MODEL, '--log-level', 'debug', '--progress', 'json']),
      await world.cli(['models', 'ensure', MODEL, '--log-level', 'debug', '--json']),
      await world.cli(['models', 'plan', MODEL, '--json']),
      await world.cli(['models', 'show', MODEL, '--json']),
    ];
    expect(runs.map(({ code }) => code)).toEqual([8, 8, 0, 0]);
    expect(runs.map(({ stdout, stderr }) => stdout + stderr).join('')).not.toContain(secret);
    expect(await textsOthersCanRead(world.modelsRoot)).not.toContain(secret);
  });

  it('8.6 a presigned URL of a single file is used as it stands', async () => {
    const world = await modelFixture({ files, sources: ['http'] });
    const signed = '?X-Amz-Expires=60&X-Amz-Signature=abc%2Fdef';
    const url = `${world.server().url}/${MODEL}/vae/model.safetensors${signed}`;
    await world.write({
      [MODEL]: {
        files: { 'vae/model.safetensors': { content: files['vae/model.safetensors'], keys: { url } } },
        sources: ['local://nowhere'],
      },
    });
    await (await world.orchestrator()).ensure(MODEL);
    expect(new Set(world.server().requests.map(({ query }) => query))).toEqual(new Set([signed]));
    expect(await readFile(join(world.modelDir(), 'vae/model.safetensors'))).toHaveLength(5000);
  });

  it('8.8 what is not configured is asked for with an example', async () => {
    const world = await modelFixture({ files });
    const noRoot = await world.cli(['models', 'status'], { MODELS_ROOT: undefined });
    expect(noRoot.code).toBe(2);
    expect(noRoot.stderr).toMatch(/^error: INVALID_CONFIG MODELS_ROOT/);
    expect(noRoot.stderr).toMatch(/^hint: export MODELS_ROOT=\S+/m);
    await rename(world.manifestPath, join(world.directory, 'hidden.toml'));
    const noManifest = await world.cli(['models', 'status'], { WAN_MODELS_MANIFEST: undefined });
    expect(noManifest.code).toBe(2);
    expect(noManifest.stderr).toMatch(/^error: MISSING_MANIFEST/);
    expect(noManifest.stderr).toMatch(/^hint: .*WAN_MODELS_MANIFEST=\S+/m);
  });
});

/** What is kept of the manifest for the next start is for the eyes of its owner only. */
async function textsOthersCanRead(folder: string): Promise<string> {
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).filter((path) => (statSync(path).mode & 0o077) !== 0);
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
  expect(texts.length).toBeGreaterThan(2);
  return texts.join('\n');
}
