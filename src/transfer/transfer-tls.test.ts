/** Plain TLS on the lanes, and what happens where the default authorities are not enough. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createCertificate } from '../../test/servers/http/certificate.ts';
import { seeded, sha256Hex, stallAt } from '../../test/servers/http/fault-server.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { serve, TransferBench } from '../../test/support/transfer-bench.ts';
import { isHttpReachable } from '../backends/backend.ts';
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

  it('of an authority of our own goes through the backend', async () => {
    const server = await serveTls();
    const ca = join(await tempDir(), 'ca.pem');
    writeFileSync(ca, authority.cert);
    const backends = createBackends({ localRoots: [], offline: false, caFiles: [ca] });
    onTestFinished(() => backends.closeAll());
    const backend = backends.open(server.url);
    const bench = await TransferBench.create();
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [{ backend, path: 'a' }] });
    expect(await bench.engine.fetch(file)).toMatchObject({ sha256 });
    expect(isHttpReachable(backend) && (await backend.httpTarget('a', file.signal)).direct).toBe(false);
  });
});
