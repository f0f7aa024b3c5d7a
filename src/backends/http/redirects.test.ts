import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBody } from '../../../test/conformance/backend.suite.ts';
import { cutAt, FaultServer, redirectTo, status } from '../../../test/servers/http/fault-server.ts';
import { HttpBackend } from './http-backend.ts';
import { HttpClient } from './http-client.ts';
import { fileUrl, parseBaseUrl } from './source-url.ts';

const CREDENTIALS = { authorization: 'Bearer s3cret', cookie: 'session=s3cret', 'x-node-token': 's3cret' };
const signal = new AbortController().signal;
let origin: FaultServer;
let cdn: FaultServer;
let client: HttpClient;
let backend: HttpBackend;

beforeEach(async () => {
  [origin, cdn] = await Promise.all([
    FaultServer.start({ files: { a: 'at origin', b: 'b' } }),
    FaultServer.start({ files: { a: 'from cdn' } }),
  ]);
  client = new HttpClient();
  backend = new HttpBackend({
    client,
    scheme: 'http',
    label: origin.url,
    host: new URL(origin.url).host,
    urlOf: (path) => fileUrl(parseBaseUrl(origin.url), path),
    credentials: async () => ({ headers: CREDENTIALS }),
  });
});
afterEach(async () => {
  await client.close();
  await Promise.all([origin.stop(), cdn.stop()]);
});

const text = async (path = 'a') => (await readBody(await backend.open(path, { signal }))).toString();

describe('redirects', () => {
  it.each([301, 302, 303, 307, 308] as const)('of status %i are followed, with the range', async (code) => {
    origin.fault('a', redirectTo('/b', code));
    const file = await backend.open('a', { signal, range: { offset: 0, length: 1 } });
    expect((await readBody(file)).toString()).toBe('b');
    expect(origin.requests.map(({ headers }) => headers.range)).toEqual(['bytes=0-0', 'bytes=0-0']);
  });

  it('to the same origin keep credentials', async () => {
    origin.fault('a', redirectTo('/b'));
    await text();
    expect(origin.requests.at(-1)?.headers).toMatchObject(CREDENTIALS);
  });

  it('to another origin drop every credential, also on the way back', async () => {
    origin.fault('a', redirectTo(cdn.urlOf('a')), { times: 1 });
    cdn.fault('a', redirectTo(origin.urlOf('b')));
    expect(await text()).toBe('b');
    expect(origin.requests[0]?.headers).toMatchObject(CREDENTIALS);
    expect(JSON.stringify([cdn.requests, origin.requests[1]])).not.toContain('s3cret');
  });

  it('in a loop, or without end, are given up', async () => {
    origin.fault('a', redirectTo('/a'));
    await expect(text()).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason: 'redirect_loop' });
    expect(origin.requests).toHaveLength(1);
    origin.clearFaults();
    origin.fault('*', (reply, request) => redirectTo(`/a?${request.query.length}${'x'.repeat(request.query.length)}`)(reply, request));
    await expect(text()).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason: 'redirect_loop' });
    expect(origin.requests).toHaveLength(1 + 11);
  });

  it.each(['file:///etc/passwd', 'ftp://h/x', 'http://user:pw@h.test/', 'http://'])('to %s are not followed', async (location) => {
    origin.fault('a', redirectTo(location));
    await expect(text()).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason: 'redirect_unsafe' });
  });

  it('that end in an error tell where', async () => {
    origin.fault('a', redirectTo(`${cdn.urlOf('none')}?sig=s3cret`));
    await expect(text()).rejects.toMatchObject({ reason: 'not_found', message: expect.stringContaining(`${cdn.urlOf('none')}?…`) });
  });

  it('to an origin that wants credentials do not hand it ours, whatever its realm says', async () => {
    origin.fault('a', redirectTo(cdn.urlOf('a')));
    cdn.fault('a', status(401, { headers: { 'www-authenticate': `Bearer realm="${origin.url}"` } }));
    await expect(text()).rejects.toMatchObject({ code: 'AUTH_FAIL', reason: 'credentials_missing' });
    expect(cdn.requests).toHaveLength(1);
    expect(JSON.stringify(cdn.requests)).not.toContain('s3cret');
  });
});

describe('where redirects end', () => {
  beforeEach(() => {
    origin.fault('a', (reply, request) => redirectTo(`${cdn.urlOf('a')}?sig=${origin.requests.length}`)(reply, request));
  });

  it('is asked for once and then used again', async () => {
    for (let n = 0; n < 3; n++) expect(await text()).toBe('from cdn');
    expect([origin.requests.length, cdn.requests.length]).toEqual([1, 3]);
  });

  /** As one who has met the redirect: the place where the file should be is not the last. */
  async function resolved(path: string, until: AbortSignal) {
    backend.dropTarget(path, await backend.httpTarget(path, until));
    return backend.httpTarget(path, until);
  }

  it('is told to those who read by themselves, without the credentials of the origin', async () => {
    const target = await resolved('a', signal);
    expect(target).toEqual({
      url: `${cdn.urlOf('a')}?sig=1`,
      headers: { 'accept-encoding': 'identity', 'user-agent': 'wan-models' },
      direct: true,
    });
    expect((await backend.httpTarget('b', signal)).headers).toMatchObject(CREDENTIALS);
    expect(cdn.requests.map(({ headers, method }) => [method, headers.range])).toEqual([['GET', 'bytes=0-0']]);
  });

  it('is looked up once for all who wait, and once again for all who say that it has expired', async () => {
    const targets = await Promise.all(Array.from({ length: 5 }, () => resolved('a', signal)));
    expect(new Set(targets).size).toBe(1);
    const renewed = await Promise.all(
      targets.map((target) => {
        backend.dropTarget('a', target);
        return backend.httpTarget('a', signal);
      }),
    );
    expect(new Set(renewed.map(({ url }) => url))).toEqual(new Set([`${cdn.urlOf('a')}?sig=2`]));
    for (const stale of targets) backend.dropTarget('a', stale);
    expect(await backend.httpTarget('a', signal)).toBe(renewed[0]);
    expect(origin.requests).toHaveLength(2);
  });

  it('costs no request until somebody has met it', async () => {
    expect((await backend.httpTarget('a', signal)).url).toBe(origin.urlOf('a'));
    expect([...origin.requests, ...cdn.requests]).toEqual([]);
  });

  it('is looked up again by an open that finds it expired', async () => {
    expect(await text()).toBe('from cdn');
    cdn.fault('a', status(403, { body: 'Request has expired' }), { when: ({ query }) => query === '?sig=1' });
    expect(await text()).toBe('from cdn');
    expect(cdn.requests.map(({ query, status }) => [query, status])).toEqual([
      ['?sig=1', 200],
      ['?sig=1', 403],
      ['?sig=2', 200],
    ]);
  });

  it('is not looked up again for a body that broke', async () => {
    cdn.fault('a', cutAt(2), { times: 1 });
    await expect(text()).rejects.toMatchObject({ code: 'INCOMPLETE_DOWNLOAD' });
    expect(await text()).toBe('from cdn');
    expect(origin.requests).toHaveLength(1);
  });

  it('survives that the first to ask gives up', async () => {
    origin.latencyMs = 30;
    origin.clearFaults();
    const controller = new AbortController();
    backend.dropTarget('b', await backend.httpTarget('b', signal));
    const impatient = backend.httpTarget('b', controller.signal);
    const patient = backend.httpTarget('b', signal);
    controller.abort();
    await expect(impatient).rejects.toMatchObject({ code: 'CANCELLED' });
    expect((await patient).url).toBe(origin.urlOf('b'));
  });
});
