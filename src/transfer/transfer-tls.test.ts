/** TLS on the lanes, with the default authorities and with those of files. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createCertificate } from '../../test/servers/http/certificate.ts';
import { seeded, sha256Hex, stallAt } from '../../test/servers/http/fault-server.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { serve, TransferBench } from '../../test/support/transfer-bench.ts';
import { createBackends } from '../backends/create-backends.ts';

const MB = 1024 * 1024;
const authority = createCertificate({ commonName: 'test authority', isAuthority: true });
const certificate = createCertificate({ commonName: 'localhost', hosts: ['127.0.0.1', 'localhost'], issuer: authority });
const content = seeded(5 * MB + 9, 41);
const sha256 = sha256Hex(content);
const serveTls = () => serve({ files: { a: content }, tls: certificate });

function trustByDefault(pem: string): void {
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, pem]);
  onTestFinished(() => setDefaultCACertificates(before));
}

describe('https', () => {
  it('is read on the lane itself, in ranges, through stalls', async () => {
    trustByDefault(authority.cert);
    const server = await serveTls();
    server.fault('a', stallAt(2 * MB), { times: 1 });
    const bench = await TransferBench.create({ stallTimeoutMs: 400 });
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [bench.source(server.url, 'a')] });
    expect(await bench.engine.fetch(file)).toMatchObject({ sha256 });
    expect(server.requestsOf('a')[0]?.headers).not.toHaveProperty('if-range');
    expect(server.requestsOf('a')[0]?.headers.connection).toBe('keep-alive');
  });

  it('of an issuer that is not trusted is refused, and the issuer named', async () => {
    const server = await serveTls();
    const bench = await TransferBench.create();
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [bench.source(server.url, 'a')] });
    await expect(bench.engine.fetch(file)).rejects.toMatchObject({
      code: 'TLS_UNTRUSTED',
      message: expect.stringContaining('test authority'),
    });
    expect(server.requests).toEqual([]);
  });

  it.each(['ca_files', 'origin_ca_files'])('of an authority in %s is read on the lane too', async (key) => {
    const server = await serveTls();
    const { bench, file, backend } = await trusting(key === 'ca_files' ? {} : { origin: server.url }, server.url);
    backend.open = () => Promise.reject(new Error('asked through the backend'));
    expect(await bench.engine.fetch(file)).toMatchObject({ sha256 });
  });

  it('of an authority that is trusted at another origin is refused on the lane and behind it', async () => {
    const [server, other] = [await serveTls(), await serveTls()];
    const { bench, file } = await trusting({ origin: other.url }, server.url);
    await expect(bench.engine.fetch(file)).rejects.toMatchObject({
      code: 'TLS_UNTRUSTED',
      hint: expect.stringContaining(`"${server.url}" = "/path/to/ca.pem" under [origin_ca_files]`),
    });
    expect(server.requests).toEqual([]);
  });

  it('to two origins with one host name shares no trust between their connections', async () => {
    const [trusted, other] = [await serveTls(), await serveTls()];
    const { bench, file, backends } = await trusting({ origin: trusted.url }, trusted.url);
    expect(await bench.engine.fetch(file)).toMatchObject({ sha256 });
    const sources = [{ backend: backends.open(other.url), path: 'a' }];
    const second = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources });
    await expect(bench.engine.fetch(second)).rejects.toMatchObject({ code: 'TLS_UNTRUSTED' });
    expect(other.requests).toEqual([]);
  });
});

/** A fetch from `url` that trusts our authority everywhere, or at one origin. */
async function trusting({ origin }: { readonly origin?: string }, url: string) {
  const ca = join(await tempDir(), 'ca.pem');
  writeFileSync(ca, authority.cert);
  const trust = origin === undefined ? { caFiles: [ca] } : { originCaFiles: { [origin]: [ca] } };
  const backends = createBackends({ localRoots: [], offline: false, ...trust });
  onTestFinished(() => backends.closeAll());
  const backend = backends.open(url);
  const bench = await TransferBench.create();
  const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [{ backend, path: 'a' }] });
  return { bench, file, backend, backends };
}
