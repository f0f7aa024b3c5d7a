import { mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { census } from '../../../test/support/census.ts';
import { type ModelWorld, modelFixture } from '../../../test/support/model-fixture.ts';
import { type TestService, testService } from '../../../test/support/test-service.ts';
import { storeContextOf } from '../../../test/support/test-store.ts';
import { contentOf, writeSmokeNote } from '../../store/smoke-notes.ts';
import { lookAtSnapshot } from '../../store/snapshots.ts';
import { modelsHealth, oneModelHealth, serviceHealth, storageHealth } from '../contract/health.ts';

const FILES = { 'model_index.json': '{}', 'vae/a.bin': { content: 'vae bytes', keys: { component: 'vae' } } };
const OTHERS = { 'model_index.json': '{ }', 'vae/a.bin': { content: 'other VAE', keys: { component: 'vae' } } };
const MODELS = {
  'whole@1.0.0': { files: FILES },
  'absent@1.0.0': { files: OTHERS, sources: ['local:b'] },
  'rotten@1.0.0': { files: FILES },
};

async function threeModels(): Promise<{ world: ModelWorld; served: TestService }> {
  const world = await modelFixture({ models: MODELS });
  const served = await testService(world);
  for (const id of ['whole@1.0.0', 'rotten@1.0.0']) await served.orchestrator.ensure(id);
  const cut = join(world.modelDir('rotten@1.0.0'), 'model_index.json');
  await rm(cut, { force: true });
  await writeFile(cut, '{');
  return { world, served };
}

describe('health', () => {
  it('is that of the service where nobody is asked for a token', async () => {
    const { served } = await threeModels();
    await served.bearer('read');
    const answer = await served.ask('/health/');
    expect(answer.status).toBe(200);
    expect(serviceHealth.parse(answer.json())).toMatchObject({ status: 'healthy', total_models: 3 });
    expect((await served.ask('/health/models')).status).toBe(401);
  });

  it('is an error where the volume of the models is gone, and well again when it is back', async () => {
    const world = await modelFixture({ models: { 'whole@1.0.0': { files: FILES } } });
    await (await world.orchestrator()).ensure('whole@1.0.0');
    const served = await testService(world, { env: { WAN_REQUIRE_STORE: 'true' } });
    await rename(world.modelsRoot, `${world.modelsRoot}.unmounted`);
    await mkdir(world.modelsRoot);
    const gone = (await served.ask('/health')).as(serviceHealth);
    expect(gone).toMatchObject({ status: 'error', error_code: 'INVALID_CONFIG', total_models: 0 });
    const models = (await served.ask('/health/models')).as(modelsHealth);
    expect(models).toMatchObject({ status: 'error', error_models: 1, models: { 'whole@1.0.0': { error: { reason: 'no_store' } } } });
    expect((await served.ask('/health/storage')).as(storageHealth)).toMatchObject({ status: 'error' });
    expect((await served.ask('/v1/models')).json()).toMatchObject({ models: [{ state: 'ERROR', status: 'error' }] });
    expect(await readdir(world.modelsRoot)).toEqual([]);
    await rmdir(world.modelsRoot);
    await rename(`${world.modelsRoot}.unmounted`, world.modelsRoot);
    expect((await served.ask('/health')).as(serviceHealth)).toMatchObject({ status: 'healthy', total_models: 1 });
  });

  it('tells each model of the manifest, and the worst of them', async () => {
    const { served } = await threeModels();
    const answer = (await served.ask('/health/models?dry_run=True')).as(modelsHealth);
    expect(answer).toMatchObject({
      status: 'error',
      complete: true,
      total_models: 3,
      healthy_models: 1,
      missing_models: 1,
      corrupt_models: 1,
    });
    expect(Object.keys(answer.models)).toEqual(['whole@1.0.0', 'absent@1.0.0', 'rotten@1.0.0']);
    expect(answer.models['absent@1.0.0']).toMatchObject({
      health: 'degraded',
      status: 'NOT_PRESENT',
      bytes_needed: 12,
      last_verified: null,
    });
    expect(answer.models['rotten@1.0.0']).toMatchObject({ health: 'error', status: 'CORRUPT' });
    expect(answer.total_bytes_needed).toBeGreaterThanOrEqual(12);
  });

  it('tells what the last smoke test of a model found, and has one that does not load for an error', async () => {
    const { world, served } = await threeModels();
    const context = storeContextOf(world.modelsRoot);
    const record = lookAtSnapshot(context, world.modelDir('whole@1.0.0'));
    if (typeof record === 'string') throw new Error(record);
    const told = async () => (await served.ask('/health/models')).as(modelsHealth).models['whole@1.0.0'];
    const note = {
      at: '2026-11-28T00:00:00.000Z',
      durationSeconds: 9,
      device: 'cpu',
      versions: { torch: '2.15.0' },
      modes: ['t2v'],
    } as const;
    const noted = { family: 'wan22', ref: record.ref, content: contentOf(record) };
    await writeSmokeNote(context, noted, { ...note, verdict: 'passed' });
    await expect.poll(told).toMatchObject({ health: 'healthy', smoke: { verdict: 'passed', device: 'cpu' } });
    await writeSmokeNote(context, noted, {
      ...note,
      verdict: 'failed',
      error: { code: 'FORMAT_INVALID', message: 'weights that are NaN' },
    });
    await expect.poll(told).toMatchObject({ status: 'COMPLETE', health: 'error', smoke: { error: { code: 'FORMAT_INVALID' } } });
    await writeSmokeNote(context, { ...noted, content: 'other files' }, { ...note, verdict: 'failed' });
    await expect.poll(told).toMatchObject({ health: 'healthy' });
  });

  it('tells components, files and, when asked to, whether the sources answer', async () => {
    const { served } = await threeModels();
    const plain = (await served.ask('/v1/health/models/absent@1.0.0')).as(oneModelHealth);
    expect(plain.sources).toBeUndefined();
    expect(plain.components).toMatchObject([
      { component: null, complete: false },
      { component: 'vae', missing_files: ['vae/a.bin'] },
    ]);
    expect(plain.files[1]).toEqual({
      ...{ path: 'vae/a.bin', component: 'vae', expected_size: 9, proof: 'manifest-sha256', exists: false, fault: 'missing' },
    });
    const probed = (await served.ask('/health/models/absent@1.0.0?probe=true')).as(oneModelHealth);
    expect(probed.sources?.[0]?.probe?.ok).toBe(true);
  });

  it.each(['nowhere@1.0.0', 'whole%401.0.0%40int8'])('answers 404 for %s', async (id) => {
    const { served } = await threeModels();
    const answer = await served.ask(`/health/models/${id}`);
    expect([answer.status, answer.json().code]).toEqual([404, id.startsWith('whole') ? 'VARIANT_NOT_FOUND' : 'MODEL_NOT_FOUND']);
  });

  it('tells volume, quotas and sources', async () => {
    const world = await modelFixture({ models: MODELS });
    await (await world.orchestrator()).ensure('whole@1.0.0');
    const served = await testService(world, { env: { WAN_MAX_TOTAL_SIZE: '1', WAN_MAX_FAMILY_SIZE: '1G' } });
    const answer = (await served.ask('/health/storage')).as(storageHealth);
    expect(answer).toMatchObject({ status: 'degraded', root: world.modelsRoot, not_looked: [], errors: [] });
    expect(answer.quotas.map(({ scope, family }) => [scope, family])).toEqual([
      ['total', undefined],
      ['family', 'wan22'],
    ]);
    expect(answer.disk?.free_bytes).toBeGreaterThan(0);
    expect(answer.backends.map(({ scheme, models, available }) => [scheme, models, available])).toEqual([
      ...Array.from({ length: 3 }, () => ['local', 1, true]),
    ]);
  });

  it('changes nothing on disk: no name, size, mode, mtime or ctime', async () => {
    const { world, served } = await threeModels();
    const before = census(world.directory);
    const paths = [
      '/health',
      '/health/models',
      '/health/models?dry_run=false',
      '/health/models/rotten',
      '/health/models/absent?probe=true',
      '/health/storage',
    ];
    for (const path of paths) {
      expect((await served.ask(path)).status, path).toBe(200);
      expect(census(world.directory), path).toEqual(before);
    }
  });

  it('answers with an error of the manifest where that cannot be read, and goes on when it can again', async () => {
    const { world, served } = await threeModels();
    await writeFile(world.manifestPath, 'schema_version = ');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await served.ask('/health')).json()).toMatchObject({ status: 'error', error_code: 'MANIFEST_INVALID' });
    const answer = await served.ask('/health/models');
    expect([answer.status, answer.json().code]).toEqual([500, 'MANIFEST_INVALID']);
    await world.write({ 'whole@1.0.0': { files: FILES } });
    expect((await served.ask('/health/models')).as(modelsHealth).status).toBe('healthy');
  });
});
