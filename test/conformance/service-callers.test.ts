/** The programs that call a model manager today, each with the calls that it makes, as it makes them. None of them follows a redirect. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { HubServer } from '../servers/hub/hub-server.ts';
import { MODEL, modelFixture } from '../support/model-fixture.ts';
import { type TestService, testService } from '../support/test-service.ts';

const models = {
  [MODEL]: { files: { 'a.bin': 'some bytes' }, keys: { type: 'text-to-video' } },
  'chat@1.0.0': { files: { 'b.bin': 'other bytes' }, keys: { type: 'text-generation' } },
};

async function served(env: Readonly<Record<string, string>> = {}): Promise<TestService & { readonly headers: { authorization: string } }> {
  const service = await testService(await modelFixture({ models, env }));
  await service.orchestrator.ensure(MODEL);
  return { ...service, headers: await service.bearer('write') };
}

/** httpx without follow_redirects, `raise_for_status()`, `.json()`. */
async function proxied<T>({ ask, headers }: Awaited<ReturnType<typeof served>>, path: string, init: RequestInit = {}): Promise<T> {
  const answer = await ask(path, { ...init, redirect: 'manual', headers: { ...headers, ...(init.headers as Record<string, string>) } });
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.text}`);
  return answer.json<T>();
}

interface List {
  readonly models: readonly Readonly<Record<string, unknown>>[];
  readonly total: number;
}

describe('the gateway, through its proxy', () => {
  it('lists, looks at, and removes models, and asks after health', async () => {
    const service = await served();
    const list = await proxied<List>(service, '/models?limit=50&offset=0&search=');
    expect([list.total, list.models.map(({ id }) => id)]).toEqual([2, [MODEL, 'chat@1.0.0']]);
    expect((await proxied<List>(service, '/models?limit=1&offset=1')).models.map(({ id }) => id)).toEqual(['chat@1.0.0']);
    expect(await proxied(service, `/models/${MODEL}`)).toMatchObject({ id: MODEL, status: 'available' });
    expect(await proxied(service, '/health')).toMatchObject({ status: 'healthy', total_models: 2 });
    expect(await proxied(service, `/models/${MODEL}`, { method: 'DELETE' })).toMatchObject({ success: true, message: expect.any(String) });
    expect(await proxied(service, `/models/${MODEL}`)).toMatchObject({ id: MODEL, status: 'pending' });
  });

  it('hands on the status and the text of a failure', async () => {
    const { ask, headers } = await served();
    const answer = await ask('/models/nowhere', { headers });
    expect(answer.status).toBe(404);
    const { detail, message } = answer.json<{ detail: string; message: string }>();
    expect([detail, typeof detail]).toEqual([message, 'string']);
  });
});

describe('the newer command line', () => {
  it('shows columns of its list, narrowed by status and worker', async () => {
    const service = await served();
    const { models: all } = await proxied<List>(service, '/api/models');
    for (const model of all) {
      for (const key of ['id', 'name', 'status', 'created_at', 'size']) expect(typeof model[key], key).toBe('string');
      expect(model).toHaveProperty('assigned_worker', null);
    }
    expect((await proxied<List>(service, '/api/models?status=available')).total).toBe(1);
    expect((await proxied<List>(service, '/api/models?worker=gpu-1')).models).toEqual([]);
    expect(await proxied(service, `/api/models/${encodeURIComponent(MODEL)}`)).toMatchObject({ id: MODEL, type: 'text-to-video' });
  });

  it('registers a repository of the Hub by its address, and downloads it', async () => {
    const hub = await HubServer.start();
    onTestFinished(() => hub.stop());
    hub.commit('org/chat', { 'config.json': '{"a":1}' });
    const service = await served({ HF_ENDPOINT: hub.url });
    const send = <T>(path: string, body: object) =>
      proxied<T>(service, path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
    const asked = { name: 'talk', type: 'unknown', description: '', url: 'https://huggingface.co/org/chat', metadata: { by: 'me' } };
    expect(await send('/api/models', asked)).toMatchObject({ id: 'talk@1.0.0', status: 'pending', metadata: { by: 'me' } });
    expect(await send('/api/models/download', { model_name: 'talk' })).toMatchObject({ id: 'talk@1.0.0', download_id: expect.any(String) });
    expect((await proxied<List>(service, '/api/models?search=talk')).models.map(({ id }) => id)).toEqual(['talk@1.0.0']);
  });

  it.each([{ path: '/srv/model.bin' }, { url: 'https://example.org/model.bin' }])('is told why it cannot register %j', async (where) => {
    const { ask, headers } = await served();
    const body = JSON.stringify({ name: 'talk', type: 'llm', description: '', ...where });
    const answer = await ask('/api/models', { method: 'POST', body, headers: { ...headers, 'content-type': 'application/json' } });
    expect([answer.status, answer.json()]).toEqual([
      400,
      expect.objectContaining({ detail: expect.any(String), hint: expect.any(String) }),
    ]);
  });

  it.each(['assign', 'unload'])('is told that %s is not there, in a body with `detail`', async (verb) => {
    const { ask, headers } = await served();
    const answer = await ask(`/api/models/${MODEL}/${verb}`, {
      ...{ method: 'POST', body: JSON.stringify({ worker_id: 'gpu-1' }), headers: { ...headers, 'content-type': 'application/json' } },
    });
    expect([answer.status, answer.json()]).toEqual([501, expect.objectContaining({ code: 'NOT_IMPLEMENTED', detail: expect.any(String) })]);
  });
});

describe('the older command line', () => {
  it('pages by page and page_size, under /api/v1', async () => {
    const service = await served();
    const list = await proxied<List & { page: number; page_size: number; pages: number }>(service, '/api/v1/models/?page=2&page_size=1');
    expect([list.page, list.page_size, list.pages, list.models.map(({ id }) => id)]).toEqual([2, 1, 2, ['chat@1.0.0']]);
    expect((await proxied<List>(service, '/api/v1/models?model_type=text-generation&status=pending')).total).toBe(1);
    expect(await proxied(service, '/api/v1/models/chat')).toMatchObject({ id: 'chat@1.0.0' });
    expect(await proxied(service, '/api/v1/health')).toMatchObject({ status: 'healthy' });
  });

  it.each(['/api/v1/workers', '/api/v1/cluster/statistics'])('is told that %s is not there, in a body with `message`', async (path) => {
    const { ask, headers } = await served();
    const answer = await ask(path, { headers });
    expect([answer.status, typeof answer.json().message]).toEqual([501, 'string']);
  });
});

describe('both forms of an address', () => {
  it.each([
    '/models',
    '/health',
    '/health/models',
    '/health/storage',
    `/models/${MODEL}`,
    `/models/${MODEL}/files`,
    '/v1/models',
    '/api/v1/models',
  ])('%s, with and without a slash at its end, answer alike', async (path) => {
    const { ask, headers } = await served();
    const [plain, slashed] = [await ask(path, { headers }), await ask(`${path}/`, { headers })];
    expect([plain.status, slashed.status]).toEqual([200, 200]);
    expect(Object.keys(plain.json())).toEqual(Object.keys(slashed.json()));
  });
});
