import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readBody } from '../../../test/conformance/backend.suite.ts';
import { createCertificate } from '../../../test/servers/http/certificate.ts';
import {
  FaultServer,
  garbage,
  headerBomb,
  neverAnswer,
  redirectTo,
  resetAt,
  seeded,
  stallAt,
} from '../../../test/servers/http/fault-server.ts';
import { ProxyServer } from '../../../test/servers/http/proxy-server.ts';
import { Secret } from '../../domain/secret.ts';
import { createHttpBackend } from './http-backend.ts';
import { HttpClient } from './http-client.ts';
import type { HttpConfig } from './http-config.ts';

const signal = new AbortController().signal;
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function serve(options: Parameters<typeof FaultServer.start>[0] = {}): Promise<FaultServer> {
  const server = await FaultServer.start({ files: { a: 'hello', big: seeded(2_000_000, 1) }, ...options });
  cleanUps.push(() => server.stop());
  return server;
}

async function proxy(options: Parameters<typeof ProxyServer.start>[0] = {}): Promise<ProxyServer> {
  const server = await ProxyServer.start(options);
  cleanUps.push(() => server.stop());
  return server;
}

function backendFor(url: string, config: HttpConfig = {}) {
  const client = new HttpClient(config);
  cleanUps.push(() => client.close());
  return createHttpBackend(url, client);
}

const text = async (backend: ReturnType<typeof backendFor>, path = 'a') =>
  (await readBody(await backend.open(path, { signal }))).toString();

describe('connections', () => {
  it('are kept and used again', async () => {
    const server = await serve();
    const backend = backendFor(server.url);
    for (let n = 0; n < 5; n++) expect(await text(backend)).toBe('hello');
    await backend.stat('a', signal);
    expect(await text(backend)).toBe('hello');
    // undici gives a body's last byte a moment before it gives the connection back.
    expect(server.connectionCount).toBeLessThanOrEqual(2);
  });

  it('ask for identity, and say who we are', async () => {
    const server = await serve();
    await text(backendFor(server.url, { userAgent: 'wan-models/9.9.9' }));
    expect(server.requests[0]?.headers).toMatchObject({ 'accept-encoding': 'identity', 'user-agent': 'wan-models/9.9.9' });
  });

  it('run side by side', async () => {
    const server = await serve({ latencyMs: 30 });
    const backend = backendFor(server.url);
    await Promise.all(Array.from({ length: 8 }, () => text(backend)));
    expect(server.connectionCount).toBe(8);
  });
});

describe('a connection that fails', () => {
  it('because the name does not resolve is reason dns', async () => {
    await expect(text(backendFor('http://no-such-host.invalid'))).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason: 'dns' });
  });

  it('because nobody listens is reason refused', async () => {
    const server = await FaultServer.start();
    await server.stop();
    await expect(text(backendFor(server.url))).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason: 'refused', retryable: true });
  });

  it('with a reset is reason connection_reset', async () => {
    const server = await serve();
    server.fault('a', resetAt(0));
    await expect(text(backendFor(server.url))).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason: 'connection_reset' });
  });

  // undici looks at the time once a second: all three at once.
  it('because handshake, headers or the rest of the body never come is a NETWORK_TIMEOUT', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    cleanUps.push(() => silent.close());
    const server = await serve();
    server.fault('a', neverAnswer()).fault('big', stallAt(1000));
    const backend = backendFor(server.url, { idleTimeoutMs: 80 });
    const unshaken = backendFor(`https://127.0.0.1:${(silent.address() as { port: number }).port}`, { connectTimeoutMs: 80 });
    const errors = await Promise.allSettled([text(unshaken), text(backend, 'a'), text(backend, 'big')]);
    expect(errors).toMatchObject([
      { reason: { code: 'NETWORK_TIMEOUT', reason: 'connect_timeout' } },
      { reason: { code: 'NETWORK_TIMEOUT', reason: 'headers_timeout' } },
      { reason: { code: 'NETWORK_TIMEOUT', reason: 'body_timeout' } },
    ]);
  });

  it('with megabytes of headers is cut off', async () => {
    const server = await serve();
    server.fault('a', headerBomb(10_000_000));
    await expect(text(backendFor(server.url))).rejects.toMatchObject({ reason: 'headers_too_large', retryable: false });
  });

  it('with bytes that are not HTTP is reason bad_answer', async () => {
    const server = await serve();
    server.fault('a', garbage());
    await expect(text(backendFor(server.url))).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason: 'bad_answer' });
  });
});

describe('https', () => {
  const authority = createCertificate({ commonName: 'Our Test CA', isAuthority: true });
  const good = createCertificate({ commonName: 'server', hosts: ['127.0.0.1', 'localhost'], issuer: authority });

  function caFile(pem: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'wan-ca-'));
    cleanUps.push(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'ca.pem'), pem);
    return join(folder, 'ca.pem');
  }

  it('of an unknown issuer is refused, and the issuer named', async () => {
    const server = await serve({ tls: good });
    await expect(text(backendFor(server.url))).rejects.toMatchObject({
      code: 'TLS_UNTRUSTED',
      reason: 'unknown_issuer',
      message: expect.stringContaining('Our Test CA'),
      hint: expect.stringMatching(new RegExp(`"${server.url}" = .* under \\[origin_ca_files\\].*NODE_EXTRA_CA_CERTS`)),
      retryable: false,
    });
    expect(server.requests).toEqual([]);
  });

  it('of an issuer in ca_files is trusted', async () => {
    const server = await serve({ tls: good });
    expect(await text(backendFor(server.url, { caFiles: [caFile(authority.cert)] }))).toBe('hello');
  });

  it('of an issuer in origin_ca_files is trusted at that origin, and at no other: not by a redirect, nor behind a proxy', async () => {
    const [server, other, tunnel] = [await serve({ tls: good }), await serve({ tls: good }), await proxy()];
    const originCaFiles = { [server.url]: [caFile(authority.cert)] };
    const backend = backendFor(server.url, { originCaFiles });
    expect(await text(backend)).toBe('hello');
    const untrusted = { code: 'TLS_UNTRUSTED', reason: 'unknown_issuer' };
    await expect(text(backendFor(other.url, { originCaFiles }))).rejects.toMatchObject(untrusted);
    server.fault('a', redirectTo(other.urlOf('a')));
    await expect(text(backend)).rejects.toMatchObject(untrusted);
    server.clearFaults();
    const httpsProxy = new Secret(tunnel.url);
    const client = new HttpClient({ originCaFiles, httpsProxy });
    cleanUps.push(() => client.close());
    expect(await text(createHttpBackend(server.url, client))).toBe('hello');
    await expect(text(createHttpBackend(other.url, client))).rejects.toMatchObject(untrusted);
    expect(other.requests).toEqual([]);
    const byName = server.url.replace('127.0.0.1', 'localhost');
    await expect(text(backendFor(byName, { originCaFiles })), 'another name of the same server').rejects.toMatchObject(untrusted);
  });

  it('with an expired certificate, or one for another host, is refused', async () => {
    const caFiles = [caFile(authority.cert)];
    const expired = createCertificate({
      commonName: 'x',
      hosts: ['127.0.0.1'],
      issuer: authority,
      validUntil: new Date(Date.now() - 1000),
    });
    const other = createCertificate({ commonName: 'x', hosts: ['other.test'], issuer: authority });
    const reasonOf = async (tls: typeof good) => {
      const server = await serve({ tls });
      return text(backendFor(server.url, { caFiles })).catch((error: unknown) => error);
    };
    expect(await reasonOf(expired)).toMatchObject({ code: 'TLS_UNTRUSTED', reason: 'certificate_expired' });
    expect(await reasonOf(other)).toMatchObject({ code: 'TLS_UNTRUSTED', reason: 'hostname_mismatch' });
  });

  it('of an unknown issuer behind a proxy, which may be that of the proxy, is refused, and the issuer named', async () => {
    const [server, tunnel] = [await serve({ tls: good }), await proxy({ credentials: 'user:pass word' })];
    const httpsProxy = new Secret(tunnel.url.replace('//', '//user:pass%20word@'));
    await expect(text(backendFor(server.url, { httpsProxy }))).rejects.toMatchObject({
      code: 'TLS_UNTRUSTED',
      message: expect.stringContaining(`(issued by Our Test CA), behind the proxy ${tunnel.url} [`),
    });
    expect(server.requests).toEqual([]);
  });

  it('to a server that speaks none is refused', async () => {
    const server = await serve();
    await expect(text(backendFor(server.url.replace('http:', 'https:')))).rejects.toMatchObject({
      code: 'TLS_UNTRUSTED',
      reason: 'tls_absent',
      hint: expect.stringContaining('plain http'),
    });
  });

  it('cannot start with a CA file that is none', async () => {
    const backend = backendFor('https://127.0.0.1:1', { caFiles: [caFile('nothing')] });
    await expect(text(backend)).rejects.toMatchObject({ code: 'INVALID_CONFIG', reason: 'ca_file' });
    await expect(text(backendFor('https://127.0.0.1:1', { caFiles: ['/none.pem'] }))).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });

  it('goes through a tunnel', async () => {
    const [server, tunnel] = [await serve({ tls: good }), await proxy()];
    const backend = backendFor(server.url, { caFiles: [caFile(authority.cert)], httpsProxy: new Secret(tunnel.url) });
    expect(await text(backend)).toBe('hello');
    expect(tunnel.requests).toEqual([`CONNECT ${new URL(server.url).host}`]);
  });

  it('through a proxy that wants credentials, or refuses, says so once', async () => {
    const server = await serve({ tls: good });
    const closed = await proxy({ credentials: 'user:pass word' });
    const refusing = await proxy({ refuseWith: 403 });
    const through = (url: string) => backendFor(server.url, { caFiles: [caFile(authority.cert)], httpsProxy: new Secret(url) });
    await expect(text(through(closed.url))).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason: 'proxy_auth', retryable: false });
    await expect(text(through(refusing.url))).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      reason: 'proxy_refused',
      message: expect.stringMatching(`^the proxy ${refusing.url} before ${server.url}/a lets nobody through to it \\(status 403\\)`),
    });
    expect(await text(through(closed.url.replace('//', '//user:pass%20word@')))).toBe('hello');
    expect([closed.requests.length, refusing.requests.length]).toEqual([2, 1]);
  });
});

describe('a proxy for http', () => {
  it('gets whole URLs, in parallel, and plain TCP will not do', async () => {
    const [server, forward] = [await serve({ latencyMs: 20 }), await proxy()];
    const backend = backendFor(server.url, { httpProxy: new Secret(forward.url) });
    await Promise.all(Array.from({ length: 4 }, () => text(backend)));
    expect(forward.requests).toEqual(Array(4).fill(`GET ${server.urlOf('a')}`));
    expect(server.connectionCount).toBe(4);
    expect((await backend.httpTarget('a', signal)).direct).toBe(false);
  });

  it('is left out for hosts in NO_PROXY', async () => {
    const [server, forward] = [await serve(), await proxy()];
    const backend = backendFor(server.url, { httpProxy: new Secret(forward.url), noProxy: ['127.0.0.0/8'] });
    expect(await text(backend)).toBe('hello');
    expect(forward.requests).toEqual([]);
    expect((await backend.httpTarget('a', signal)).direct).toBe(true);
  });

  it('that wants credentials gets them from its URL, and only it', async () => {
    const [server, forward] = [await serve(), await proxy({ credentials: 'user:s3cret' })];
    const failed = text(backendFor(server.url, { httpProxy: new Secret(forward.url) }));
    await expect(failed).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason: 'proxy_auth' });
    expect(await text(backendFor(server.url, { httpProxy: new Secret(forward.url.replace('//', '//user:s3cret@')) }))).toBe('hello');
    expect(JSON.stringify(server.requests)).not.toMatch(/proxy-auth|s3cret/);
  });

  it.each(['http', 'https'])('that is not there is told by its own name, without its password, before %s too', async (scheme) => {
    const server = await serve();
    const gone = new Secret('http://user:s3cret@127.0.0.1:1');
    const url = server.url.replace('http:', `${scheme}:`);
    const failed = text(backendFor(url, { httpProxy: gone, httpsProxy: gone }));
    await expect(failed).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      reason: 'proxy_unreachable',
      message: `the proxy http://127.0.0.1:1 before ${url}/a refused the connection [ECONNREFUSED]`,
    });
  });

  it.each(['socks5://127.0.0.1:1', 'socks5h://127.0.0.1:1', 'http://user:50%@127.0.0.1:1', 'http://user:%ff@127.0.0.1:1'])(
    'that we cannot speak to, %s, is an error of the configuration, once it is needed',
    async (url) => {
      const server = await serve();
      const allProxy = new Secret(url);
      const failed = text(backendFor(server.url, { allProxy }));
      const message = expect.stringMatching(/^the proxy \w+:\/\/127\.0\.0\.1:1 cannot be used/);
      await expect(failed).rejects.toMatchObject({ code: 'INVALID_CONFIG', reason: 'proxy_url', message });
      expect(await text(backendFor(server.url, { allProxy, noProxy: ['127.0.0.1'] }))).toBe('hello');
    },
  );
});
