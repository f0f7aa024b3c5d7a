import fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { MODEL, modelFixture } from '../../test/support/model-fixture.ts';
import { type TestService, testService } from '../../test/support/test-service.ts';
import { Uploader } from '../../test/support/uploader.ts';
import { openAnswerRecords } from '../compose/idempotency.ts';
import { loadConfig } from '../config/load-config.ts';
import { answerOnce } from './idempotency.ts';
import type { ServiceApp } from './service-context.ts';

const json = { 'content-type': 'application/json' };

async function serve() {
  const world = await modelFixture({ files: { 'a.bin': 'some bytes' }, env: { WAN_API_ANONYMOUS: 'write' } });
  return { world, served: await testService(world) };
}

const register = (served: TestService, key: string, body: object, headers: object = {}) =>
  served.ask('/v1/models', { method: 'POST', body: JSON.stringify(body), headers: { ...json, 'idempotency-key': key, ...headers } });

describe('an Idempotency-Key', () => {
  it('has the same request answered as the first time, by another service too', async () => {
    const { world, served } = await serve();
    const first = await register(served, 'k1', { name: 'chat' });
    const again = await register(await testService(world), 'k1', { name: 'chat' });
    expect([again.status, again.text, again.headers.get('etag'), again.headers.get('location')]).toEqual([
      201,
      first.text,
      first.headers.get('etag'),
      '/v1/models/chat%401.0.0',
    ]);
    expect([first.headers.get('idempotency-replayed'), again.headers.get('idempotency-replayed')]).toEqual([null, 'true']);
    expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
  });

  it('is of no use for another request, and is another one for another caller', async () => {
    const { served } = await serve();
    await register(served, 'k1', { name: 'chat' });
    const other = await register(served, 'k1', { name: 'talk' });
    expect([other.status, other.json().reason]).toEqual([422, 'idempotency_key_reused']);
    expect((await register(served, 'k1', { name: 'talk' }, await served.bearer('write'))).status).toBe(201);
  });

  it('has a refusal told again, but not one that may pass', async () => {
    const { served } = await serve();
    const patch = (key: string, ifMatch: string) =>
      served.ask(`/v1/models/${MODEL}`, {
        method: 'PATCH',
        body: '{"description":"x"}',
        headers: { ...json, 'idempotency-key': key, 'if-match': ifMatch },
      });
    expect((await patch('p', '"gone-0000000000000000"')).status).toBe(412);
    const { headers } = await served.ask(`/v1/models/${MODEL}`);
    expect((await patch('p', headers.get('etag') ?? '')).status).toBe(200);
    const refused = await register(served, 'r', { name: 'x', tags: 7 });
    expect([refused.status, (await register(served, 'r', { name: 'x', tags: 7 })).headers.get('idempotency-replayed')]).toEqual([
      400,
      'true',
    ]);
  });

  it('makes one model or upload of many requests at once', async () => {
    const { served } = await serve();
    const answers = await Promise.all(Array.from({ length: 8 }, () => register(served, 'many', { name: 'chat' })));
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
    for (const { status, json: body } of answers) if (status === 409) expect(body().reason).toBe('idempotency_under_way');
    expect((await register(served, 'many', { name: 'chat' })).status).toBe(201);
    const client = new Uploader(served.url);
    const file = { path: 'a', bytes: new Uint8Array(3) };
    const begin = () => client.begin('mine@1.0.0', [file], {}, { 'idempotency-key': 'upload' });
    const [one, two] = [await begin(), await begin()];
    expect([one.status, two.json.id]).toEqual([201, one.json.id]);
  });

  it('has nothing done twice for an answer that is too long to be kept, but where that does no harm', async () => {
    const world = await modelFixture({ files: { 'a.bin': 'some bytes' } });
    const app = fastify() as unknown as ServiceApp;
    app.decorateRequest('caller', { getter: () => ({}) });
    answerOnce(app, openAnswerRecords(await loadConfig({ env: world.env, cwd: world.directory, homeDir: world.directory })));
    const done = { act: 0, look: 0 };
    const long = (which: keyof typeof done) => async () => ({ which, times: ++done[which], text: 'x'.repeat(300_000) });
    app.post('/act', long('act'));
    app.post('/look', { config: { bearsRepeating: true } }, long('look'));
    const post = (url: string) => app.inject({ method: 'POST', url, headers: { 'idempotency-key': `of ${url}` } });
    expect([(await post('/act')).statusCode, (await post('/look')).statusCode]).toEqual([200, 200]);
    const again = await post('/act');
    expect([again.statusCode, again.json(), again.headers['idempotency-replayed']]).toEqual([
      409,
      expect.objectContaining({ reason: 'idempotency_answer_gone', detail: expect.stringContaining('200') }),
      'true',
    ]);
    expect([(await post('/look')).json<{ times: number }>().times, done.act]).toEqual([2, 1]);
    await app.close();
  });

  it('that was used for an upload is of no use for another, also when its answer is no longer kept', async () => {
    const { served } = await serve();
    const client = new Uploader(served.url);
    const files = Array.from({ length: 1500 }, (_, at) => ({ path: `a/${at}`, bytes: new Uint8Array(1) }));
    const begin = (id: string) => client.begin(id, files, {}, { 'idempotency-key': 'long' });
    const first = await begin('mine@1.0.0');
    expect([first.status, (await begin('mine@1.0.0')).json.id]).toEqual([201, first.json.id]);
    const other = await begin('other@1.0.0');
    expect([other.status, other.json.reason]).toEqual([422, 'idempotency_key_reused']);
    expect(other.json).toMatchObject({
      detail: `this Idempotency-Key began another upload: ${String(first.json.id)}, of mine@1.0.0`,
      hint: expect.stringContaining('make a new key for each request'),
    });
  });

  it.each(['', 'a'.repeat(256)])('that can be none is refused: %j', async (key) => {
    const { served } = await serve();
    expect((await register(served, key, { name: 'chat' })).status).toBe(400);
  });
});
