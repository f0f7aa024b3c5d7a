import { describe, expect, it, vi } from 'vitest';
import { seeded } from '../../../test/servers/http/fault-server.ts';
import { MODEL, type ModelWorld, modelFixture } from '../../../test/support/model-fixture.ts';
import { type TestService, testService } from '../../../test/support/test-service.ts';
import { modelDetails, modelFiles, modelList, modelPlan, modelProgress, statistics } from '../contract/models.ts';

const FILES = { 'model_index.json': '{}', 'vae/a.bin': { content: 'vae bytes', keys: { component: 'vae' } } };

async function manyModels(): Promise<{ world: ModelWorld; served: TestService }> {
  const ids = Array.from({ length: 25 }, (_, index) => `model-${String(index).padStart(2, '0')}@1.0.0`);
  const types = ['text-to-video', 'text-generation'];
  const models = Object.fromEntries(ids.map((id, index) => [id, { files: { 'a.bin': id }, keys: { type: types[index % 2] ?? '' } }]));
  const world = await modelFixture({ models });
  const served = await testService(world);
  await served.orchestrator.ensure('model-03');
  return { world, served };
}

describe('the list of models', () => {
  it('has the whole manifest, and what of it is here', async () => {
    const { served } = await manyModels();
    const list = (await served.ask('/v1/models')).as(modelList);
    expect([list.total, list.models.length, list.pages, list.complete]).toEqual([25, 25, 1, true]);
    expect(list.models[3]).toMatchObject({
      ...{ id: 'model-03@1.0.0', name: 'model-03', version: '1.0.0', type: 'text-generation', status: 'available', assigned_worker: null },
      ...{ size_bytes: 14, size: '0.0 GB', download_progress: 1 },
    });
    expect(list.models[4]).toMatchObject({ status: 'pending', bytes_needed: 14, download_progress: 0 });
  });

  it.each([
    ['limit=10&offset=20', 20, 5, 3],
    ['page=3&page_size=10', 20, 5, 3],
    ['page=2&limit=10', 10, 10, 2],
    ['offset=99', 99, 0, 1],
  ])('pages by %s', async (query, offset, count, page) => {
    const { served } = await manyModels();
    const list = (await served.ask(`/models?${query}`)).as(modelList);
    expect([list.offset, list.models.length, list.page, list.total]).toEqual([offset, count, page, 25]);
  });

  it.each([
    ['status=available', 1],
    ['status=loaded', 1],
    ['type=text-to-video', 13],
    ['model_type=llm', 12],
    ['search=MODEL-1', 10],
    ['search=&type=&status=', 25],
    ['worker=gpu-1', 0],
    ['family=wan22&status=pending&type=text-generation', 11],
  ])('is narrowed by %s', async (query, total) => {
    const { served } = await manyModels();
    expect((await served.ask(`/models/?${query}`)).as(modelList).total).toBe(total);
  });

  it('is sorted as asked', async () => {
    const { served } = await manyModels();
    const ids = async (query: string) => (await served.ask(`/models?limit=2&${query}`)).as(modelList).models.map(({ name }) => name);
    expect(await ids('sort_by=name&sort_order=desc')).toEqual(['model-24', 'model-23']);
    expect(await ids('sort_by=status')).toEqual(['model-03', 'model-00']);
  });

  it.each(['limit=0', 'limit=1001', 'limit=x', 'limit=1.5', 'page=-1', 'status=asleep', 'sort_by=colour'])(
    'refuses %s, with its place',
    async (query) => {
      const { served } = await manyModels();
      const answer = await served.ask(`/models?${query}`);
      expect([answer.status, answer.json().reason]).toEqual([400, 'request_invalid']);
      expect(answer.json<{ details: { problems: { where: string }[] } }>().details.problems[0]?.where).toBe(`query.${query.split('=')[0]}`);
    },
  );

  it('has its sums', async () => {
    const { served } = await manyModels();
    const sums = (await served.ask('/models/statistics')).as(statistics);
    expect(sums).toMatchObject({ total_models: 25, by_status: { available: 1, pending: 24 }, available_bytes: 14, bytes_needed: 24 * 14 });
  });
});

describe('a model', () => {
  const variants = { variants: ['fp16', 'bf16'], default_variant: 'fp16', optional_components: ['vae'], license: 'apache-2.0' };

  it('is told with all that its manifest says', async () => {
    const { ask } = await testService(await modelFixture({ files: FILES, keys: variants }));
    for (const id of [MODEL, 't2v-tiny', `${MODEL}%40bf16`, encodeURIComponent(`${MODEL}#bf16`)]) {
      const details = (await ask(`/v1/models/${id}/`)).as(modelDetails);
      expect(details).toMatchObject({ id: MODEL, status: 'pending', components: ['vae'], optional_components: ['vae'] });
      expect(details.variant).toBe(id.endsWith('bf16') ? 'bf16' : 'fp16');
    }
  });

  it('is told with its files, whether or not they are taken without being asked for', async () => {
    const { ask, orchestrator } = await testService(await modelFixture({ files: FILES, keys: variants }));
    await orchestrator.ensure(MODEL);
    const { files } = (await ask(`/v1/models/${MODEL}/files`)).as(modelFiles);
    expect(files.map(({ path, state, component }) => [path, state, component])).toEqual([
      ['model_index.json', 'proven', null],
      ['vae/a.bin', 'missing', 'vae'],
    ]);
  });

  it('is told with how far it is, and what would make it whole', async () => {
    const { ask, orchestrator } = await testService(await modelFixture({ files: FILES }));
    const plan = (await ask(`/v1/models/${MODEL}/plan`)).as(modelPlan);
    expect([plan.fetch_bytes, plan.space.fits]).toEqual([11, true]);
    expect((await ask(`/v1/models/${MODEL}/status`)).as(modelProgress)).toMatchObject({ status: 'pending', progress_percent: 0 });
    await orchestrator.ensure(MODEL);
    expect((await ask(`/v1/models/${MODEL}/status`)).as(modelProgress)).toMatchObject({
      status: 'available',
      progress_percent: 100,
    });
  });

  it('is downloading while somebody makes it real, here or in another process', async () => {
    const world = await modelFixture({ files: { 'a.bin': seeded(2_000_000, 1) }, sources: ['http'] });
    world.server().bytesPerSecond = 300_000;
    const { ask, orchestrator } = await testService(world);
    const call = new AbortController();
    const ensured = orchestrator.ensure(MODEL, { signal: call.signal });
    await vi.waitFor(async () => expect((await ask(`/models/${MODEL}`)).json().status).toBe('downloading'), { timeout: 5000 });
    expect((await ask('/models?status=downloading')).as(modelList).total).toBe(1);
    expect((await ask(`/models/${MODEL}/status`)).as(modelProgress).holder).toMatchObject({ pid: process.pid, doing: `ensure ${MODEL}` });
    call.abort();
    await expect(ensured).rejects.toThrow();
    expect((await ask(`/models/${MODEL}`)).json().status).toBe('pending');
  });

  it.each(['nowhere', '..%2F..%2Fetc%2Fpasswd', 'a@b@c@d', '%00', '%252e%252e%252fetc', 'a%2Fb'])('is not %s', async (id) => {
    const { ask } = await testService(await modelFixture({ files: FILES }));
    for (const path of ['', '/status', '/files', '/plan', '/sources', '/files/model_index.json']) {
      const answer = await ask(`/v1/models/${id}${path}`);
      expect([400, 404], `${path} ${answer.text}`).toContain(answer.status);
    }
  });
});
