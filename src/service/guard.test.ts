import { readdir, writeFile } from 'node:fs/promises';
import { request as rawRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { MODEL, modelFixture } from '../../test/support/model-fixture.ts';
import { type TestService, testService } from '../../test/support/test-service.ts';

const world = () => modelFixture({ files: { 'a.bin': 'bytes' } });
const service = async (env: Readonly<Record<string, string>> = {}) => testService(await world(), { env });

/** With a Host that fetch would not send. */
async function asHost(
  { port }: TestService,
  headers: Readonly<Record<string, string>>,
  path = '/v1/models',
): Promise<{ status: number; body: string }> {
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    rawRequest({ port, host: '127.0.0.1', path, headers }, resolve).once('error', reject).end();
  });
  return { status: response.statusCode ?? 0, body: await text(response) };
}

describe('a service on this machine alone', () => {
  it('lets everybody read as long as no token was made, and nobody without one from then on', async () => {
    const served = await service();
    expect((await served.ask('/v1/models')).status).toBe(200);
    const write = await served.ask(`/v1/models/${MODEL}/pin`, { method: 'PUT' });
    expect([write.status, write.json().reason, write.headers.get('www-authenticate')]).toEqual([
      401,
      'token_missing',
      'Bearer realm="wan-models"',
    ]);
    const read = await served.bearer('read');
    expect((await served.ask('/v1/models')).status).toBe(401);
    expect((await served.ask('/v1/models', { headers: read })).status).toBe(200);
    expect((await served.ask('/health')).status).toBe(200);
  });

  it('is not opened by taking the last token back', async () => {
    const served = await service();
    await served.tokens.create({ name: 'leaked', scope: 'read' });
    expect(await served.tokens.revoke('leaked')).toHaveLength(1);
    expect(await served.tokens.isAny()).toBe(false);
    expect((await served.ask('/v1/models')).status).toBe(401);
  });

  it('takes back all tokens of a name, also where several were made with it at once', async () => {
    const { tokens } = await service();
    const made = await Promise.allSettled([1, 2, 3].map(() => tokens.create({ name: 'gateway', scope: 'read' })));
    const ids = made.flatMap((one) => (one.status === 'fulfilled' ? [one.value.about.id] : []));
    expect((await tokens.revoke('gateway')).toSorted()).toEqual(ids.toSorted());
    expect(await tokens.isAny()).toBe(false);
  });

  it('lets each token do what its scope says, and no more', async () => {
    const served = await service();
    const tried = { read: '/v1/models', write: `/v1/models/${MODEL}/pin`, admin: '/v1/gc' };
    const methods = { read: 'GET', write: 'PUT', admin: 'POST' };
    const statuses: Record<string, number[]> = {};
    for (const scope of ['read', 'write', 'admin'] as const) {
      const headers = await served.bearer(scope);
      const asked = Object.entries(tried) as [keyof typeof tried, string][];
      statuses[scope] = [];
      for (const [need, path] of asked) statuses[scope].push((await served.ask(path, { method: methods[need], headers })).status);
    }
    expect(statuses).toEqual({ read: [200, 403, 403], write: [200, 200, 403], admin: [200, 200, 200] });
  });

  it.each(['Bearer wan_aaaaaaaaaaaa_0000000000000000000000000000000000000000000', 'Bearer x', 'Basic dXNlcjpwYXNz', 'Bearer', 'wan'])(
    'refuses %s, also where nobody needs one',
    async (authorization) => {
      const served = await service();
      const answer = await served.ask('/v1/models', { headers: { authorization } });
      expect([answer.status, answer.json().reason]).toEqual([401, 'token_unknown']);
      expect(answer.text).not.toContain(authorization.split(' ')[1] ?? 'wan_');
    },
  );

  it('takes no token that is over, was revoked, or whose record others can read', async () => {
    const served = await service();
    const { token } = await served.tokens.create({ name: 'old', scope: 'admin', expiresAt: new Date(Date.now() - 1) });
    const ask = async (headers: { authorization: string }) => (await served.ask('/v1/models', { headers })).json().reason;
    expect(await ask({ authorization: `Bearer ${token.reveal()}` })).toBe('token_expired');
    const bearer = await served.bearer('read');
    const [, id = ''] = bearer.authorization.split('_');
    expect(await served.tokens.revoke(id)).toEqual([id]);
    expect(await ask(bearer)).toBe('token_unknown');
    const exposed = await served.bearer('read');
    const [, exposedId = ''] = exposed.authorization.split('_');
    const { chmod } = await import('node:fs/promises');
    await chmod(join(served.tokens.directory, `${exposedId}.json`), 0o644);
    expect(await ask(exposed)).toBe('token_unusable');
    expect(served.answers.at(-1)?.failure?.cause).toMatchObject({ reason: 'credentials_exposed' });
  });

  it('keeps no token on disk, and tells none in answers or lines of the log', async () => {
    const served = await service();
    const bearer = await served.bearer('write');
    const secret = bearer.authorization.slice(-43);
    await served.ask('/v1/models?token=hf_abcdefghijklmnopqrstuvwxyz', { headers: bearer });
    const { readFile } = await import('node:fs/promises');
    for (const name of await readdir(served.tokens.directory)) {
      expect(await readFile(join(served.tokens.directory, name), 'utf8')).not.toContain(secret);
    }
    expect(JSON.stringify(served.answers)).not.toMatch(new RegExp(`${secret}|hf_`));
  });

  it.each([
    ['evil.example', 421],
    ['evil.example:8005', 421],
    ['models.internal', 200],
    ['localhost:1', 200],
    ['[::1]:8005', 200],
    ['127.0.0.1', 200],
    ['a b', 421],
    ['127.0.0.1.evil.example', 421],
  ])('called %s answers %i', async (host, status) => {
    const served = await service({ WAN_API_HOSTS: 'models.internal' });
    expect((await asHost(served, { host })).status).toBe(status);
  });

  it.each([
    [{ origin: 'http://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ 'sec-fetch-site': 'same-origin' }, 200],
    [{ 'sec-fetch-site': 'none' }, 200],
  ] as const)('answers a browser that sends %o with %i', async (headers, status) => {
    expect((await asHost(await service(), { host: '127.0.0.1', ...headers })).status).toBe(status);
  });

  it('answers its own pages, and gives nobody leave to ask from elsewhere', async () => {
    const served = await service();
    const host = `127.0.0.1:${served.port}`;
    expect((await asHost(served, { host, origin: `http://${host}` })).status).toBe(200);
    const answer = await served.ask('/v1/models');
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await served.ask('/v1/models', { method: 'OPTIONS' })).status).toBe(404);
  });

  it('answers those who ask too often with 429 and when to come back', async () => {
    const served = await service({ WAN_API_RATE_LIMIT: '3' });
    const answers = await Promise.all(Array.from({ length: 6 }, () => served.ask('/health')));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(3);
    expect(refused[0]?.json()).toMatchObject({ code: 'RATE_LIMIT', reason: 'too_many_requests', retryable: true });
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
  });

  it.each([
    ['no JSON', '{', 'application/json', 400, 'body_malformed'],
    ['another type', 'a=b', 'application/x-www-form-urlencoded', 415, 'media_type_unknown'],
    ['text', '{}', 'text/plain', 415, 'media_type_unknown'],
    ['a prototype', '{"__proto__":{"deep":true}}', 'application/json', 400, 'body_malformed'],
    ['too much', JSON.stringify({ reason: 'x'.repeat(1_100_000) }), 'application/json', 413, 'body_too_large'],
    ['a list', '[]', 'application/json', 400, 'request_invalid'],
  ])('refuses a body that is %s', async (_, body, type, status, reason) => {
    const served = await service({ WAN_API_ANONYMOUS: 'write' });
    const answer = await served.ask(`/v1/models/${MODEL}/pin`, { method: 'PUT', body, headers: { 'content-type': type } });
    expect([answer.status, answer.json().reason]).toEqual([status, reason]);
  });

  it.each([
    ['nonsense\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['GET /v1/models/%zz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n', 400],
  ])('answers what is hardly HTTP with a problem: %j', async (written, status) => {
    const { port } = await service();
    const socket = connect(port, '127.0.0.1');
    socket.write(written);
    const answered = await text(socket);
    expect(answered).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(JSON.parse(answered.slice(answered.indexOf('\r\n\r\n')))).toMatchObject({ status, detail: expect.any(String) });
  });

  it('tells a bug by its correlation id alone', async () => {
    const place = await world();
    const served = await testService(place);
    await served.orchestrator.close();
    Object.assign(served.orchestrator, {
      pins: () => {
        throw new TypeError(`cannot read ${place.directory}`);
      },
    });
    const answer = await served.ask('/v1/pins', { headers: { 'x-request-id': 'ask-1' } });
    expect(answer.json()).toMatchObject({ status: 500, code: 'INTERNAL', correlation_id: 'ask-1' });
    expect(answer.text).not.toContain(place.directory);
    expect(served.answers.at(-1)?.failure?.message).toContain(place.directory);
  });
});

it('what lies beside the tokens is none', async () => {
  const served = await service();
  const bearer = await served.bearer('read');
  await writeFile(join(served.tokens.directory, 'note.txt'), 'x');
  const { tokens, broken } = await served.tokens.list();
  expect([tokens.length, broken.length]).toEqual([1, 0]);
  await writeFile(join(served.tokens.directory, 'aaaaaaaaaaaa.json'), '{}', { mode: 0o600 });
  expect((await served.tokens.list()).broken[0]?.error.reason).toBe('token_record_invalid');
  expect((await served.ask('/v1/models', { headers: bearer })).status).toBe(200);
});
