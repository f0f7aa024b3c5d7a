/** What the command says of sources and of other processes while bytes move. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createCertificate } from '../servers/http/certificate.ts';
import { FaultServer, inverted, seeded } from '../servers/http/fault-server.ts';
import { documentOf, eventsOf } from '../support/document.ts';
import { type Place, placeWith } from '../support/wan-command.ts';

const A = 'alpha@1.0.0';
const SIZE = 12 * 2 ** 20;
const content = seeded(SIZE, 3);
let servers: FaultServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function serve(...options: Parameters<typeof FaultServer.start>): Promise<FaultServer> {
  const server = await FaultServer.start(...options);
  servers = [...servers, server];
  return server;
}

const placeFrom = (...sources: FaultServer[]): Promise<Place> =>
  placeWith({ [A]: { files: { 'w.bin': content.read(0, SIZE) }, sources: sources.map(({ url }) => url) } });

describe('wan models ensure over HTTP', () => {
  it('names the source that lied, and succeeds with the next', async () => {
    const liar = await serve({ files: { 'w.bin': inverted(content, 5_000_000, 10) } });
    const honest = await serve({ files: { 'w.bin': content } });
    const { wan } = await placeFrom(liar, honest);
    const outcome = await wan(['models', 'ensure', A, '--progress', 'json']);
    expect(outcome.status).toBe(0);
    expect(outcome.stdout).toContain(`wrong bytes for ${A} came from ${liar.url}`);
    expect(eventsOf(outcome.stderr)).toContainEqual(expect.objectContaining({ type: 'source.lied', source: liar.url, file: 'w.bin' }));
  });

  it('ends with 5 and lists every source where all are wrong; the model is never visible', async () => {
    const liar = await serve({ files: { 'w.bin': inverted(content, 0, 1) } });
    const { wan } = await placeFrom(liar);
    const outcome = await wan(['models', 'ensure', A, '--json']);
    expect(outcome.status).toBe(5);
    const { error } = documentOf(outcome.stdout);
    expect(error).toMatchObject({ code: 'CHECKSUM_FAIL' });
    expect(error.attempts).toContainEqual(expect.objectContaining({ source: liar.url, file: 'w.bin', code: 'CHECKSUM_FAIL' }));
    expect((await wan(['models', 'path', A, '--require-complete'])).status).toBe(10);
  });

  it('with --offline opens no socket, and says what to do', async () => {
    const server = await serve({ files: { 'w.bin': content } });
    const { wan } = await placeFrom(server);
    expect(documentOf((await wan(['models', 'ensure', A, '--offline', '--json'])).stdout).error).toMatchObject({ code: 'OFFLINE' });
    expect(server.connectionCount).toBe(0);
  });

  it('gives up after --timeout', async () => {
    const server = await serve({ files: { 'w.bin': content }, bytesPerSecond: 100_000 });
    const { wan } = await placeFrom(server);
    const outcome = await wan(['models', 'ensure', A, '--timeout', '1s', '--json', '--progress', 'none']);
    expect(outcome.status).toBe(4);
    expect(documentOf(outcome.stdout).error).toMatchObject({ code: 'NETWORK_TIMEOUT' });
  });

  it('a second process says for whom it waits, and fetches nothing', async () => {
    const server = await serve({ files: { 'w.bin': content }, bytesPerSecond: 2 ** 20 });
    const { wan } = await placeFrom(server);
    let begun = (): void => {};
    const first = new Promise<void>((resolve) => {
      begun = resolve;
    });
    let pid: number | undefined;
    const one = wan(['models', 'ensure', A, '--progress', 'json', '--connections', '2'], {
      onStart: (child) => {
        pid = child.pid;
      },
      onStderr: (text) => text.includes('"phase":"transferring"') && begun(),
    });
    await first;
    const two = await wan(['models', 'ensure', A, '--progress', 'plain'], {
      onStderr: (text) => {
        if (text.includes('waiting for pid')) server.bytesPerSecond = Number.POSITIVE_INFINITY;
      },
    });
    expect(two.status).toBe(0);
    expect(two.stderr).toMatch(new RegExp(`${A}: waiting for pid ${pid} on \\S+ \\(`));
    expect(two.stdout).toMatch(/ COMPLETE +12\.0 MiB +0 B /);
    expect((await one).status).toBe(0);
    expect(documentOf<{ results: object[] }>((await wan(['models', 'ensure', A, '--json'])).stdout).data.results).toMatchObject([
      { fetched_bytes: 0 },
    ]);
  });

  it('trusts a CA at one origin only: the error names the setting that lets it in', async () => {
    const authority = createCertificate({ commonName: 'Corp CA', isAuthority: true });
    const tls = createCertificate({ commonName: 'models', hosts: ['127.0.0.1'], issuer: authority });
    const another = seeded(SIZE, 4);
    const [mine, other] = [await serve({ files: { 'w.bin': content }, tls }), await serve({ files: { 'w.bin': another }, tls })];
    const place = await placeWith({
      'mine@1.0.0': { files: { 'w.bin': content.read(0, SIZE) }, sources: [mine.url] },
      'other@1.0.0': { files: { 'w.bin': another.read(0, SIZE) }, sources: [other.url] },
    });
    await mkdir(join(place.directory, '.config', 'wan'), { recursive: true });
    await writeFile(join(place.directory, 'corp.pem'), authority.cert);
    const ensure = (model: string) => place.wan(['models', 'ensure', model, '--json']);

    const refused = await ensure('mine@1.0.0');
    expect(refused.status).toBe(4);
    const { error } = documentOf(refused.stdout);
    expect(error).toMatchObject({ code: 'TLS_UNTRUSTED', message: expect.stringContaining('Corp CA') });
    // The setting, as the hint writes it.
    const [, line] = /(".*?" = )"\/path\/to\/ca.pem" under (\[origin_ca_files\])/.exec(String(error?.hint)) ?? [];
    await writeFile(join(place.directory, '.config', 'wan', 'wan.toml'), `[origin_ca_files]\n${line}"../../corp.pem"\n`);
    expect(await ensure('mine@1.0.0')).toMatchObject({ status: 0 });
    expect((await ensure('other@1.0.0')).status).toBe(4);
    expect(other.requests).toEqual([]);
    const env = { WAN_ORIGIN_CA_FILES: `${other.url}=corp.pem` };
    expect((await place.wan(['models', 'ensure', 'other@1.0.0'], { env })).status).toBe(0);
  });
});
