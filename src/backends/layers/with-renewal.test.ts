import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeBackend, readBody } from '../../../test/conformance/backend.suite.ts';
import { FaultServer, status } from '../../../test/servers/http/fault-server.ts';
import { UrlSigner } from '../../../test/servers/http/signed-urls.ts';
import { isHttpReachable, type StorageBackend } from '../backend.ts';
import { createHttpBackend, createUrlBackend } from '../http/http-backend.ts';
import { HttpClient } from '../http/http-client.ts';
import { withRenewal } from './with-renewal.ts';

const signal = new AbortController().signal;
const MINUTE = 60_000;

describeBackend(
  'a renewable source',
  async () => {
    const server = await FaultServer.start();
    const client = new HttpClient();
    return {
      backend: withRenewal(createHttpBackend(server.url, client), () => Promise.resolve(undefined)),
      put: async (path, bytes) => server.put(path, bytes),
      openCount: () => server.requests.filter(({ done }) => !done).length,
      stop: async () => {
        await client.close();
        await server.stop();
      },
    };
  },
  {
    skip: [
      { test: 'lists every file once, nested ones too', reason: 'HTTP has no listing' },
      { test: 'stops listing when cancelled', reason: 'HTTP has no listing' },
    ],
  },
);

describe('a signed URL that can be renewed', () => {
  let server: FaultServer;
  let client: HttpClient;
  let signer: UrlSigner;
  let renewals: number;
  beforeEach(async () => {
    server = await FaultServer.start({ files: { 'a.bin': 'the bytes' } });
    client = new HttpClient();
    signer = new UrlSigner();
    signer.guard(server);
    renewals = 0;
  });
  afterEach(async () => {
    await client.close();
    await server.stop();
  });

  const signed = () => createUrlBackend(signer.sign(server.urlOf('a.bin'), MINUTE), client);
  const renewable = (renew: () => StorageBackend | undefined) =>
    withRenewal(signed(), () => {
      renewals++;
      return Promise.resolve(renew());
    });
  const text = async (backend: StorageBackend) => (await readBody(await backend.open('', { signal }))).toString();

  it('is renewed once for all who find that it has ended', async () => {
    const backend = renewable(signed);
    expect(await text(backend)).toBe('the bytes');
    expect(renewals).toBe(0);
    signer.passTime(MINUTE);
    const sizeOf = async () => (await backend.stat('', signal)).sizeBytes;
    expect(await Promise.all([text(backend), text(backend), sizeOf()])).toEqual(['the bytes', 'the bytes', 9]);
    expect(renewals).toBe(1);
    signer.passTime(MINUTE);
    expect(await text(backend)).toBe('the bytes');
    expect(renewals).toBe(2);
  });

  it('leads to a new place for plain range requests', async () => {
    const backend = renewable(signed);
    if (!isHttpReachable(backend)) throw new Error('an http source is reachable');
    const before = await backend.httpTarget('', signal);
    signer.passTime(MINUTE);
    backend.dropTarget('', before);
    const after = await backend.httpTarget('', signal);
    expect(after.url).not.toBe(before.url);
    expect(await (await fetch(after.url)).text()).toBe('the bytes');
  });

  it('stays refused where there is no other, or the new one is no better', async () => {
    for (const renew of [() => undefined, () => createUrlBackend(server.urlOf('a.bin'), client)]) {
      const backend = renewable(renew);
      signer.passTime(MINUTE);
      await expect(text(backend)).rejects.toMatchObject({ code: 'AUTH_FAIL' });
    }
    expect(signer.refusals).toBe(2);
  });

  it('is not renewed for what a new one would not mend', async () => {
    server.clearFaults();
    server.fault('a.bin', status(503));
    await expect(text(renewable(signed))).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    expect(renewals).toBe(0);
  });

  it('can be renewed after a renewal that failed', async () => {
    const backend = renewable(() => {
      if (renewals === 1) throw new Error('the service that signs is away');
      return signed();
    });
    signer.passTime(MINUTE);
    await expect(text(backend)).rejects.toThrow('the service that signs is away');
    expect(await text(backend)).toBe('the bytes');
  });
});
