/** Sources whose bytes are wrong. */
import { hash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allOf, cutAt, seeded, sha256Hex, status, wrongBytesAt } from '../../test/servers/http/fault-server.ts';
import { gitOid } from '../../test/servers/hub/hub-repo.ts';
import { serve, TransferBench } from '../../test/support/transfer-bench.ts';
import { PieceMap } from '../store/piece-map.ts';

const MB = 1024 * 1024;
const content = seeded(2 * MB + 777, 21);
const sha256 = sha256Hex(content);
const serveContent = () => serve({ files: { a: content } });

describe('a source that lies', () => {
  it('is named, and its bytes are replaced by the next one', async () => {
    const [liar, good] = [await serveContent(), await serveContent()];
    liar.fault('a', wrongBytesAt(1_000_000));
    const bench = await TransferBench.create();
    const file = await bench.file({
      sizeBytes: content.sizeBytes,
      sha256,
      sources: [bench.source(liar.url, 'a'), bench.source(good.url, 'a')],
    });
    const outcome = await bench.engine.fetch(file);
    expect(outcome).toMatchObject({ sha256, sources: [good.url], liars: [liar.url] });
    expect(file.onDisk()).toBe(sha256);
    expect(file.held()).toBe(content.sizeBytes);
    expect(file.events).toContainEqual(expect.objectContaining({ type: 'source.lied', source: liar.url, expected: sha256 }));
  });

  it.each(['md5', 'git-sha1'] as const)('is found by a %s where nobody knows a sha256', async (algorithm) => {
    const [liar, good] = [await serveContent(), await serveContent()];
    liar.fault('a', wrongBytesAt(1_000_000));
    const bytes = content.read(0, content.sizeBytes);
    const hex = algorithm === 'md5' ? hash('md5', bytes) : gitOid(bytes);
    const bench = await TransferBench.create();
    const file = await bench.file({
      sizeBytes: content.sizeBytes,
      sha256: null,
      expected: { digest: { algorithm, hex }, level: 'etag', publishedBy: good.url },
      sources: [bench.source(liar.url, 'a'), bench.source(good.url, 'a')],
    });
    expect(await bench.engine.fetch(file)).toMatchObject({ sha256, sources: [good.url], liars: [liar.url] });
    expect(file.events).toContainEqual(expect.objectContaining({ type: 'source.lied', source: liar.url, expected: hex }));
  });

  it('is found among several suppliers, and only its pieces are fetched again', async () => {
    const [good, liar, third] = [await serveContent(), await serveContent(), await serveContent()];
    good.fault('a', cutAt(1_600_000), { times: 1 }).fault('a', status(404));
    liar.fault('a', wrongBytesAt(2_000_000));
    const bench = await TransferBench.create();
    const sources = [good, liar, third].map((server) => bench.source(server.url, 'a'));
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources });
    const outcome = await bench.engine.fetch(file);
    expect(outcome).toMatchObject({ sha256, sources: [good.url, third.url], liars: [liar.url] });
    expect(third.sentBytes('a')).toBeLessThan(MB);
  });

  it('that is not the suspected one is found in the end', async () => {
    const [liar, honest] = [await serveContent(), await serveContent()];
    liar.fault('a', allOf(wrongBytesAt(10), cutAt(1_600_000)), { times: 1 });
    liar.fault('a', status(404));
    const bench = await TransferBench.create();
    const file = await bench.file({
      sizeBytes: content.sizeBytes,
      sha256,
      sources: [liar, honest].map((server) => bench.source(server.url, 'a')),
    });
    expect(await bench.engine.fetch(file)).toMatchObject({ sha256, sources: [honest.url] });
  });

  it('once, for whatever reason, is asked again when it is the only one', async () => {
    const server = await serveContent();
    server.fault('a', wrongBytesAt(10), { times: 1 });
    const bench = await TransferBench.create({ connections: 1, perHostConnections: 1 });
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [bench.source(server.url, 'a')] });
    expect(await bench.engine.fetch(file)).toMatchObject({ sha256, sources: [server.url], liars: [server.url] });
    expect(file.onDisk()).toBe(sha256);
    expect(file.held()).toBe(content.sizeBytes);
  });

  it.each([
    ['twice the same wrong file', [wrongBytesAt(10)], 2],
    ['as many wrong files as there are tries', [wrongBytesAt(10), wrongBytesAt(11), wrongBytesAt(12)], 3],
  ])('is not asked again after %s', async (_, faults, asked) => {
    const server = await serve({ files: { a: seeded(1000, 3) } });
    for (const fault of faults) server.fault('a', fault, faults.length > 1 ? { times: 1 } : {});
    const bench = await TransferBench.create();
    const file = await bench.file({ sizeBytes: 1000, sha256: sha256Hex(seeded(1000, 3)), sources: [bench.source(server.url, 'a')] });
    await expect(bench.engine.fetch(file)).rejects.toMatchObject({ code: 'CHECKSUM_FAIL' });
    expect(server.sentBytes('a')).toBe(asked * 1000);
    expect(file.held()).toBe(0);
  });

  it('everywhere gives CHECKSUM_FAIL with what each one gave, and nothing is left held', async () => {
    const servers = [await serveContent(), await serveContent()];
    servers.forEach((server, at) => {
      server.fault('a', wrongBytesAt(at + 1));
    });
    const bench = await TransferBench.create();
    const file = await bench.file({
      sizeBytes: content.sizeBytes,
      sha256,
      sources: servers.map((server) => bench.source(server.url, 'a')),
    });
    const error: unknown = await bench.engine.fetch(file).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CHECKSUM_FAIL', details: { file: 'a.bin', expected: sha256 } });
    const { found } = (error as { details: { found: Record<string, string> } }).details;
    expect(Object.keys(found)).toEqual(servers.map(({ url }) => url));
    expect(new Set(Object.values(found)).size).toBe(2);
    expect(file.held()).toBe(0);
    expect(new PieceMap(file.partial.pieces).heldBytes()).toBe(0);
  });
});

describe('damage on disk', () => {
  it('to held pieces costs only those, and blames nobody', async () => {
    const server = await serveContent();
    const bench = await TransferBench.create();
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [bench.source(server.url, 'a')] });
    const map = new PieceMap(file.partial.pieces);
    const index = file.partial.sourceIndex(server.url, `"${content.tag}"`);
    const { length } = map.extent(0);
    writeSync(file.partial.fd, content.read(0, length - 1), 0, length - 1, 0);
    map.markHeld(0, index);
    const outcome = await bench.engine.fetch(file);
    expect(outcome).toMatchObject({ sha256, liars: [], sources: [server.url], fetchedBytes: content.sizeBytes });
    expect(file.held()).toBe(content.sizeBytes - length);
  });
});

describe('a file without a known digest', () => {
  it('never mixes two states of its source', async () => {
    const bench = await TransferBench.create();
    const server = await serve({ files: { a: seeded(content.sizeBytes, 22) } });
    server.fault('a', cutAt(1_600_000), { times: 1 });
    server.fault('a', (reply) => Object.assign(reply, { content, headers: { ...reply.headers, etag: '"new"' } }));
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256: null, sources: [bench.source(server.url, 'a')] });
    const outcome = await bench.engine.fetch(file);
    expect(outcome.sha256).toBe(file.onDisk());
    expect(outcome.sha256).toBe(sha256);
    expect(file.held()).toBe(content.sizeBytes);
  });
});
