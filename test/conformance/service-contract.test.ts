/** The OpenAPI document of the service is one, says of each route what it takes and gives, and the service keeps to it. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addedWebhook } from '../../src/documents/webhooks.ts';
import { JobQueue } from '../../src/jobs/job-queue.ts';
import { HubServer } from '../servers/hub/hub-server.ts';
import { MODEL, modelFixture } from '../support/model-fixture.ts';
import { type TestService, testService } from '../support/test-service.ts';
import { storeContextOf } from '../support/test-store.ts';

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly responses: Readonly<Record<string, unknown>>;
}

interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const served = async (): Promise<TestService> => testService(await modelFixture({ files: { 'a.bin': 'bytes' } }));
const documentOf = async ({ ask }: TestService): Promise<OpenApi> => (await ask('/openapi.json')).json<OpenApi>();

describe('the OpenAPI document', () => {
  it('is a valid one of version 3.1', async () => {
    const document = await documentOf(await served());
    expect(document.openapi).toBe('3.1.0');
    const { valid, errors } = await new Validator().validate(structuredClone(document) as unknown as Record<string, unknown>);
    expect(errors, JSON.stringify(errors)).toBeUndefined();
    expect(valid).toBe(true);
  });

  it('has every route once, under /v1, with a summary, a group, and its failures', async () => {
    const { paths } = await documentOf(await served());
    expect(Object.keys(paths).length).toBeGreaterThan(15);
    for (const [path, methods] of Object.entries(paths)) {
      expect(path).toMatch(/^\/v1/);
      for (const [method, { summary, tags, responses }] of Object.entries(methods)) {
        expect([method, path, typeof summary, tags?.length]).toEqual([method, path, 'string', 1]);
        const told = Object.keys(responses);
        expect(told, `${method} ${path}`).toEqual(expect.arrayContaining(responses['501'] === undefined ? ['4XX', '5XX'] : ['501']));
        expect(
          told.some((status) => /^(?:200|201|204|501)$/.test(status)),
          `${method} ${path}`,
        ).toBe(true);
      }
    }
  });

  it('names no route that is not there, and what can be read answers with 200', async () => {
    const world = await modelFixture({ files: { 'a.bin': 'bytes' } });
    const hub = await HubServer.start();
    onTestFinished(() => hub.stop());
    const service = await testService(world, { env: { HF_ENDPOINT: hub.url, WAN_ALLOWED_INTERNAL_HOSTS: '127.0.0.1' } });
    await service.orchestrator.ensure(MODEL);
    const queue = new JobQueue(storeContextOf(world.modelsRoot));
    const { job } = await queue.submit(
      { request: { kind: 'ensure', model: MODEL }, label: MODEL },
      { origin: 'cli', correlationId: 'one' },
    );
    const upload = await service.orchestrator.createUpload({ modelId: 'mine@1.0.0', fields: {}, files: [{ path: 'a', sizeBytes: 1 }] });
    const { paths } = await documentOf(service);
    const headers = await service.bearer('admin');
    const added = await service.ask('/v1/webhooks', {
      ...{ method: 'POST', headers: { ...headers, 'content-type': 'application/json' } },
      body: JSON.stringify({ url: 'http://127.0.0.1:9/' }),
    });
    const { webhook } = added.as(addedWebhook);
    const ids = { webhooks: webhook.id, uploads: upload.id, jobs: job.id, download: job.id };
    const idIn = (path: string): string => Object.entries(ids).find(([group]) => path.includes(`${group}/{id}`))?.[1] ?? MODEL;
    for (const [path, { get }] of Object.entries(paths)) {
      if (get === undefined || get.responses['501'] !== undefined) continue;
      const url = path.replace('{id}', idIn(path)).replace('{*}', 'a.bin') + (/search/.test(path) ? '?q=wan' : '');
      expect([path, ...(await statusAndFailure(service, { path: url, headers }))]).toEqual([path, 200, '']);
    }
  });
});

describe('the reference page', () => {
  it('shows every route, and loads nothing from elsewhere', async () => {
    const service = await served();
    const page = await service.ask('/reference');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const { paths } = await documentOf(service);
    for (const path of Object.keys(paths)) expect(page.text).toContain(` ${path}</code>`);
    expect(page.text.match(/(?:src|href)="(?!#)[^"]*"/g)).toEqual(['href="/reference.css"', 'href="/openapi.json"']);
    expect(page.text).not.toMatch(/<script|style=/);
    expect(page.text).toContain('id="NO_SPACE"');
    expect((await service.ask('/reference.css')).status).toBe(200);
  });
});

/** The body of a stream of events never ends: it is not waited for. */
async function statusAndFailure(
  { url }: TestService,
  { path, headers }: { readonly path: string; readonly headers: Readonly<Record<string, string>> },
): Promise<[number, string]> {
  const answer = await fetch(`${url}${path}`, { headers });
  if (!answer.ok) return [answer.status, await answer.text()];
  await answer.body?.cancel();
  return [answer.status, ''];
}
