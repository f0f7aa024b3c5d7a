/** What sources do wrong, and what becomes of it. */
import { describe, expect, it } from 'vitest';
import {
  allOf,
  chunked,
  contentRange,
  cutAt,
  delayHeaders,
  endless,
  etag,
  type Fault,
  type FaultServer,
  garbage,
  gzipped,
  headerBomb,
  html,
  ignoreRange,
  lfsPointer,
  longerBy,
  multipart,
  neverAnswer,
  noValidator,
  rateLimited,
  redirectTo,
  resetAt,
  seeded,
  sha256Hex,
  shiftedRange,
  shorterBy,
  stallAt,
  status,
  wrongTotal,
} from '../../test/servers/http/fault-server.ts';
import { type BenchFile, serve, TransferBench } from '../../test/support/transfer-bench.ts';

const MB = 1024 * 1024;
const content = seeded(2 * MB + 777, 11);
const sha256 = sha256Hex(content);

interface Scene {
  readonly bench: TransferBench;
  readonly server: FaultServer;
  readonly file: BenchFile;
}

async function scene(): Promise<Scene> {
  const server = await serve({ files: { a: content } });
  const bench = await TransferBench.create({ stallTimeoutMs: 400 });
  const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [bench.source(server.url, 'a')] });
  return { bench, server, file };
}

const mended: Record<string, readonly [Fault, number]> = {
  'a reset before any header': [resetAt(0), 2],
  'a reset in the body': [resetAt(700_000), 2],
  'a body that is cut': [cutAt(900_000), 3],
  'a chunked body that ends early': [shorterBy(5000), 2],
  'chunked bodies': [chunked(), 99],
  'bytes after the body': [longerBy(1000), 99],
  'a stall at the head': [neverAnswer(), 1],
  'a stall in the body': [stallAt(600_000), 2],
  'a server error': [status(503), 2],
  'a rate limit': [rateLimited(0), 2],
  'an answer that is not HTTP': [garbage(), 1],
  'a range that is ignored': [ignoreRange(), 99],
  'an ignored range that is cut': [allOf(ignoreRange(), cutAt(1_500_000)), 2],
  'a new ETag on the same bytes': [etag('"other"'), 1],
  'no validator': [noValidator(), 99],
  'a total that is not told': [wrongTotal('*'), 99],
  'slow headers': [delayHeaders(100), 99],
};

describe('a file is fetched in spite of', () => {
  it.each(Object.entries(mended))('%s', async (_, [fault, times]) => {
    const { bench, server, file } = await scene();
    server.fault('a', fault, { times });
    const outcome = await bench.engine.fetch(file);
    expect(outcome).toMatchObject({ sha256, liars: [] });
    expect(file.onDisk()).toBe(sha256);
    expect(file.held()).toBe(content.sizeBytes);
  });

  it('a body cut again and again inside one piece', async () => {
    const { bench, server, file } = await scene();
    server.fault('a', cutAt(100_000));
    expect((await bench.engine.fetch(file)).sha256).toBe(sha256);
    expect(server.sentBytes('a')).toBeLessThan(content.sizeBytes * 1.2);
  });
});

const refused: Record<string, readonly [Fault, object]> = {
  'a file that is not there': [status(404), { code: 'SOURCE_UNAVAILABLE', reason: 'not_found' }],
  'a refusal': [status(403), { code: 'AUTH_FAIL' }],
  'another size': [wrongTotal(content.sizeBytes + 5), { code: 'SIZE_MISMATCH' }],
  'a range that was not asked for': [shiftedRange(512), { code: 'SOURCE_UNAVAILABLE', reason: 'range_wrong' }],
  'a Content-Range that cannot be read': [contentRange('bytes what'), { code: 'SOURCE_UNAVAILABLE' }],
  'several ranges in one body': [multipart(), { code: 'SOURCE_UNAVAILABLE' }],
  'a body without end': [allOf(ignoreRange(), endless()), { code: 'SIZE_MISMATCH' }],
  'an encoded body': [gzipped(), { code: 'SOURCE_UNAVAILABLE', reason: 'encoding_unexpected' }],
  'a web page': [html(), { code: 'FORMAT_INVALID', reason: 'html_body' }],
  'a Git-LFS pointer': [lfsPointer(), { code: 'FORMAT_INVALID', reason: 'lfs_pointer' }],
  'a redirect in a circle': [redirectTo('/a'), { code: 'SOURCE_UNAVAILABLE' }],
  'a flood of headers': [headerBomb(100_000), { code: 'SOURCE_UNAVAILABLE' }],
  'lasting server errors': [status(500), { code: 'SOURCE_UNAVAILABLE', reason: 'server_error' }],
  'a rate limit with a long wait': [rateLimited(3600), { code: 'RATE_LIMIT' }],
  silence: [neverAnswer(), { code: 'NETWORK_TIMEOUT' }],
};

describe('one source that gives', () => {
  it.each(Object.entries(refused))('%s is reported as what it is', async (_, [fault, expected]) => {
    const { bench, server, file } = await scene();
    server.fault('a', fault);
    const error: unknown = await bench.engine.fetch(file).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(expected);
    expect(error).toMatchObject({ attempts: expect.arrayContaining([expect.objectContaining({ source: server.url, file: 'a.bin' })]) });
    expect(server.openConnections).toBeLessThan(3);
  });

  it.each(Object.entries(refused))('%s leaves the file to the next one', async (_, [fault]) => {
    const { bench, server, file } = await scene();
    const good = await serve({ files: { a: content } });
    server.fault('a', fault);
    const outcome = await bench.engine.fetch({ ...file, sources: [...file.sources, bench.source(good.url, 'a')] });
    expect(outcome).toMatchObject({ sha256, liars: [] });
    expect(file.onDisk()).toBe(sha256);
    expect(file.events).toContainEqual(expect.objectContaining({ type: 'source.failed', source: server.url }));
  });
});

describe('fail-over', () => {
  it('keeps the pieces that the first source gave', async () => {
    const { bench, server, file } = await scene();
    const good = await serve({ files: { a: content } });
    server.fault('a', cutAt(1_500_000), { times: 1 }).fault('a', status(404));
    const outcome = await bench.engine.fetch({ ...file, sources: [...file.sources, bench.source(good.url, 'a')] });
    expect(outcome).toMatchObject({ sha256, sources: [server.url, good.url] });
    expect(good.sentBytes('a')).toBeLessThan(content.sizeBytes - MB);
    expect(file.onDisk()).toBe(sha256);
  });

  it('tells of every source and try when all fail', async () => {
    const { bench, server, file } = await scene();
    const other = await serve({ files: { a: content } });
    server.fault('a', status(500));
    other.fault('a', wrongTotal(content.sizeBytes + 5));
    const error: unknown = await bench.engine
      .fetch({ ...file, sources: [...file.sources, bench.source(other.url, 'a')] })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SIZE_MISMATCH', details: { file: 'a.bin' } });
    const { attempts } = error as { attempts: object[] };
    expect(attempts).toEqual([
      { source: server.url, file: 'a.bin', code: 'SOURCE_UNAVAILABLE', message: expect.stringContaining('500'), times: 3 },
      { source: other.url, file: 'a.bin', code: 'SIZE_MISMATCH', message: expect.any(String) },
    ]);
    expect(server.requestsOf('a')).toHaveLength(3);
  });
});
