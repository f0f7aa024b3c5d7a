import type { LookupAddress } from 'node:dns';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { FaultServer, redirectTo } from '../../../test/servers/http/fault-server.ts';
import { ProxyServer } from '../../../test/servers/http/proxy-server.ts';
import { Secret } from '../../domain/secret.ts';
import { AddressGuard } from './address-guard.ts';
import { placeOf } from './address-place.ts';
import { followRedirects } from './follow-redirects.ts';
import { HttpClient } from './http-client.ts';
import type { HttpConfig } from './http-config.ts';

const signal = new AbortController().signal;
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const FORBIDDEN = { code: 'SOURCE_UNAVAILABLE', reason: 'address_forbidden', retryable: false };

async function serve(): Promise<FaultServer> {
  const server = await FaultServer.start({ files: { a: 'hello' } });
  cleanUps.push(() => server.stop());
  return server;
}

/** Names that are looked up to these addresses, one list for each time. */
function names(answers: Readonly<Record<string, readonly string[][]>>) {
  const asked: string[] = [];
  const lookup = ((hostname: string, _options: unknown, callback: (error: Error | null, addresses: LookupAddress[]) => void) => {
    const lists = answers[hostname] ?? [[]];
    const list = lists[Math.min(asked.filter((name) => name === hostname).length, lists.length - 1)] ?? [];
    asked.push(hostname);
    setImmediate(() =>
      callback(
        null,
        list.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      ),
    );
  }) as unknown as NonNullable<ConstructorParameters<typeof AddressGuard>[0]['lookup']>;
  return { lookup, asked };
}

function guarded(allowedHosts: readonly string[], lookup?: ReturnType<typeof names>['lookup'], config: HttpConfig = {}) {
  const guard = new AddressGuard({ allowedHosts, ...(lookup !== undefined && { lookup }) });
  const client = new HttpClient({ ...config, guard });
  cleanUps.push(() => client.close());
  return (url: string) => followRedirects(client, { url: new URL(url), headers: {}, credentials: {}, signal });
}

describe('an address', () => {
  it.each([
    '127.0.0.1',
    '127.255.0.3',
    '127.1',
    '0x7f.1',
    '0177.0.0.1',
    '2130706433',
    '0',
    '0.0.0.0',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '100.100.100.200',
    '169.254.169.254',
    '168.63.129.16',
    '192.0.0.192',
    '192.0.2.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.9',
    '224.0.0.1',
    '239.255.255.250',
    '240.0.0.1',
    '255.255.255.255',
    '192.88.99.1',
    '::',
    '::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'fc00::1',
    'fd00:ec2::254',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.0.0.1',
    '::127.0.0.1',
    '::7f00:1',
    '2002:7f00:1::',
    '2002:808:808::',
    '64:ff9b::127.0.0.1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::1',
    '2001::1',
    '2001:db8::1',
    '100::1',
    '3fff::1',
    '5f00::1',
    '4000::1',
    '',
    'localhost',
    '1.2.3.4.5',
    '::ffff:0:127.0.0.1',
  ])('%j is none of the public Internet', (address) => {
    expect(placeOf(address)).toMatch(/./);
  });

  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '172.15.0.1',
    '172.32.0.1',
    '192.167.1.1',
    '100.63.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '2a00:1450::1',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
  ])('%j is public', (address) => {
    expect(placeOf(address)).toBeUndefined();
  });
});

describe('a guarded client', () => {
  it('connects to no address of this machine, in whatever way a URL writes it', async () => {
    const server = await serve();
    const get = guarded([]);
    const port = new URL(server.url).port;
    for (const host of [
      '127.0.0.1',
      '127.1',
      '0x7f000001',
      '2130706433',
      '0177.0.0.1',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '0',
      'localhost',
      '127.0.0.1.',
      '１２７.0.0.1',
    ])
      await expect(get(`http://${host}:${port}/a`), host).rejects.toMatchObject(FORBIDDEN);
    const own = Object.values(networkInterfaces())
      .flatMap((one) => one ?? [])
      .filter(({ family }) => family === 'IPv4');
    for (const { address } of own) await expect(get(`http://${address}:${port}/a`), address).rejects.toMatchObject(FORBIDDEN);
    expect(server.connectionCount).toBe(0);
  });

  it('refuses a name with one inner address among public ones, and says which', async () => {
    const { lookup } = names({ 'mixed.test': [['8.8.8.8', '10.1.2.3']] });
    await expect(guarded([], lookup)('http://mixed.test/a')).rejects.toMatchObject({
      ...FORBIDDEN,
      message: expect.stringContaining('mixed.test has the address 10.1.2.3, which is private'),
      hint: expect.stringContaining('allowed_internal_hosts'),
    });
  });

  it('connects to what it has judged: a name is looked up once, and judged again for each connection', async () => {
    const server = await serve();
    const port = new URL(server.url).port;
    const rebinding = names({ 'rebind.test': [['127.0.0.9'], ['127.0.0.1'], ['127.0.0.1']] });
    const get = guarded(['127.0.0.9/32'], rebinding.lookup);
    const first = await get(`http://rebind.test:${port}/a`).catch((error: unknown) => error);
    expect(rebinding.asked, 'one look-up for one connection').toEqual(['rebind.test']);
    // The server listens on 127.0.0.1 alone: who was led there would have got the file.
    expect(first).toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason: 'refused' });
    await expect(get(`http://rebind.test:${port}/a`)).rejects.toMatchObject(FORBIDDEN);
    expect(server.connectionCount).toBe(0);
  });

  it('judges every hop', async () => {
    const [server, inner] = [await serve(), await serve()];
    server.fault('a', redirectTo(inner.urlOf('a')));
    const { host } = new URL(server.url);
    await expect(guarded([host])(server.urlOf('a'))).rejects.toMatchObject(FORBIDDEN);
    server.fault('a', redirectTo('http://169.254.169.254/latest/meta-data'));
    await expect(guarded([host])(server.urlOf('a'))).rejects.toMatchObject(FORBIDDEN);
    expect([server.connectionCount, inner.connectionCount]).toEqual([2, 0]);
  });

  it('reaches what is allowed: by name, by name and port, by network', async () => {
    const server = await serve();
    const { port } = new URL(server.url);
    const { lookup } = names({ 'hooks.test': [['127.0.0.1']], 'sub.hooks.test': [['127.0.0.1']] });
    const reach = async (allowed: string, host: string) => {
      // Named hosts are looked up by the system, which does not know ours.
      const { answer } = await guarded([allowed], lookup)(`http://${host}:${port}/a`);
      await answer.release();
      return answer.status;
    };
    for (const allowed of ['127.0.0.0/8', '127.0.0.1', `127.0.0.1:${port}`, '*'])
      expect(await reach(allowed, '127.0.0.1'), allowed).toBe(200);
    for (const allowed of ['localhost', `localhost:${port}`]) expect(await reach(allowed, 'localhost'), allowed).toBe(200);
    expect(await reach('127.0.0.0/8', 'hooks.test')).toBe(200);
    await expect(reach(`127.0.0.1:1`, '127.0.0.1')).rejects.toMatchObject(FORBIDDEN);
    await expect(reach('hooks.test', 'sub.hooks.test')).rejects.toMatchObject(FORBIDDEN);
  });

  it('goes through no proxy, which would look names up itself, but to what is named', async () => {
    const [server, proxy] = [await serve(), await ProxyServer.start()];
    cleanUps.push(() => proxy.stop());
    const through = { httpProxy: new Secret(proxy.url) };
    await expect(guarded([], undefined, through)('http://public.test/a')).rejects.toMatchObject(FORBIDDEN);
    expect(proxy.requests).toEqual([]);
    const { answer } = await guarded(['127.0.0.1'], undefined, through)(server.urlOf('a'));
    await answer.release();
    expect(proxy.requests).toEqual([`GET ${server.urlOf('a')}`]);
  });

  it('never leaves the connection to others', () => {
    const client = new HttpClient({ guard: new AddressGuard({ allowedHosts: ['*'] }) });
    expect(client.isDirect(new URL('http://127.0.0.1/'))).toBe(false);
  });
});
