import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBody } from '../../test/conformance/backend.suite.ts';
import { FaultServer } from '../../test/servers/http/fault-server.ts';
import { type Backends, createBackends } from './create-backends.ts';

const signal = new AbortController().signal;

describe('the backends of a configuration', () => {
  let folder: string;
  let server: FaultServer;
  let backends: Backends;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wan-backends-'));
    writeFileSync(join(folder, 'a.bin'), 'local');
    server = await FaultServer.start({ files: { 'm/a.bin': 'remote' } });
    backends = createBackends({ localRoots: [folder], offline: false });
  });
  afterEach(async () => {
    await backends.closeAll();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  const text = async (url: string, path: string) => (await readBody(await backends.open(url).open(path, { signal }))).toString();

  it('read from folders and over HTTP', async () => {
    expect(await text(`local://${folder}`, 'a.bin')).toBe('local');
    expect(await text('local://.', 'a.bin')).toBe('local');
    expect(await text(`${server.url}/m`, 'a.bin')).toBe('remote');
    expect(await text(`${server.url}/m/`.replace('http:', 'HTTP:'), 'a.bin')).toBe('remote');
  });

  it('read single files by their own URL, whatever they are called', async () => {
    const remote = backends.openFile(`${server.urlOf('m/a.bin')}?X-Amz-Signature=s3cret`);
    expect((await readBody(await remote.open('', { signal }))).toString()).toBe('remote');
    expect(remote.label).toBe(`${server.urlOf('m/a.bin')}?…`);
    expect(server.requests[0]?.query).toBe('?X-Amz-Signature=s3cret');
    const local = backends.openFile(`file://${join(folder, 'a.bin')}`);
    expect((await readBody(await local.open('', { signal }))).toString()).toBe('local');
  });

  it('are the same for the same URL', () => {
    expect(backends.open(`${server.url}/m`)).toBe(backends.open(`${server.url}/m`));
    expect(backends.open(`${server.url}/m`)).not.toBe(backends.openFile(`${server.url}/m`));
  });

  it('know what they cannot read yet from what nobody can', () => {
    const peer = 'peer://node';
    expect(() => backends.open(peer)).toThrow(expect.objectContaining({ code: 'NOT_IMPLEMENTED', message: expect.stringContaining(peer) }));
    expect(backends.supports(peer)).toBe(false);
    for (const url of ['gopher://x', 'constructor:x', 'no-scheme', '']) {
      expect(() => backends.open(url)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG', reason: 'scheme_unknown' }));
      expect(backends.supports(url)).toBe(false);
    }
    expect(backends.supports('local://x') && backends.supports('HTTPS://x')).toBe(true);
  });

  it('refuse credentials in a URL and never print them', () => {
    expect(() => backends.open('https://user:s3cret@host/x')).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG', reason: 'url_credentials' }),
    );
    expect(() => backends.open('https://user:s3cret@host/x')).not.toThrow(/s3cret/);
    expect(() => backends.open('https://host/x?token=s3cret')).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG', reason: 'url_query' }),
    );
    expect(() => backends.open('https://host/x?token=s3cret')).not.toThrow(/s3cret/);
  });

  it('open no socket when offline, and still read folders', async () => {
    const offline = createBackends({ localRoots: [folder], offline: true });
    for (const url of [server.url, 'hf://org/repo', 's3://b'])
      expect(() => offline.open(url)).toThrow(expect.objectContaining({ code: 'OFFLINE' }));
    expect(() => offline.openFile(server.urlOf('m/a.bin'))).toThrow(expect.objectContaining({ code: 'OFFLINE' }));
    expect((await offline.open('local://.').stat('a.bin', signal)).sizeBytes).toBe(5);
    expect(server.connectionCount).toBe(0);
  });

  it('close every connection', async () => {
    await text(`${server.url}/m`, 'a.bin');
    expect(server.openConnections).toBe(1);
    await backends.closeAll();
    await expect.poll(() => server.openConnections, { interval: 5 }).toBe(0);
  });
});
