/** Several sources at work on one file. */
import { describe, expect, it } from 'vitest';
import {
  delayHeaders,
  type FaultServer,
  ignoreRange,
  neverAnswer,
  seeded,
  sha256Hex,
  stallAt,
  status,
  wrongBytesAt,
} from '../../test/servers/http/fault-server.ts';
import { type BenchFile, serve, TransferBench } from '../../test/support/transfer-bench.ts';
import type { ErrorDocument } from '../domain/errors.ts';

const MB = 1024 * 1024;
const content = seeded(48 * MB + 777, 51);
const sha256 = sha256Hex(content);
const PIECE_BYTES = 1 * MB;

/** Far enough that more than one connection is wanted from the start. */
async function far(bytesPerSecond: number): Promise<FaultServer> {
  return serve({ files: { a: content }, bytesPerSecond, latencyMs: 40 });
}

async function fetchFrom(servers: readonly FaultServer[], options: Parameters<typeof TransferBench.create>[0] = {}) {
  const bench = await TransferBench.create(options);
  const sources = servers.map((server) => bench.source(server.url, 'a'));
  const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources, pieceBytes: PIECE_BYTES });
  const startMs = performance.now();
  const outcome = await bench.engine.fetch(file);
  expect(file.onDisk()).toBe(sha256);
  expect(file.held()).toBe(content.sizeBytes);
  return { outcome, file, ms: performance.now() - startMs };
}

const sentBy = (servers: readonly FaultServer[]): number => servers.reduce((sum, server) => sum + server.sentBytes('a'), 0);

describe('a large file with a digest', () => {
  it('comes from several sources at once where their connections are what limits', async () => {
    const servers = [await far(3 * MB), await far(3 * MB)];
    const { outcome } = await fetchFrom(servers, { perHostConnections: 2 });
    expect(outcome.sources.toSorted()).toEqual(servers.map(({ url }) => url).toSorted());
    for (const server of servers) expect(server.sentBytes('a')).toBeGreaterThan(8 * MB);
    expect(sentBy(servers)).toBeLessThan(content.sizeBytes + 6 * MB);
  });

  it('comes for the most part from the quicker one', async () => {
    const servers = [await far(MB), await far(6 * MB)];
    await fetchFrom(servers, { perHostConnections: 3 });
    expect(servers[1]?.sentBytes('a')).toBeGreaterThan(2 * (servers[0]?.sentBytes('a') ?? 0));
  });

  it('comes from the first one alone where that one gives all that may be taken', async () => {
    const servers = [await serve({ files: { a: content } }), await serve({ files: { a: content } })];
    await fetchFrom(servers, { connections: 2, limitRateBytesPerSecond: 24 * MB });
    expect(servers[1]?.requests).toEqual([]);
  });

  it('names a source that lied among those that worked together, and fetches only its part again', async () => {
    const servers = [await far(3 * MB), await far(3 * MB), await far(3 * MB)];
    servers[1]?.fault('a', wrongBytesAt(0, content.sizeBytes));
    const { outcome } = await fetchFrom(servers, { perHostConnections: 2 });
    expect(outcome.liars).toEqual([servers[1]?.url]);
    expect(outcome.sources).not.toContain(servers[1]?.url);
    expect(sentBy(servers)).toBeLessThan(3 * content.sizeBytes);
  });

  it('is not held up by a helper that is not there, or that ignores ranges', async () => {
    const servers = [await far(4 * MB), await far(4 * MB), await far(4 * MB)];
    servers[1]?.fault('a', status(404));
    servers[2]?.fault('a', ignoreRange());
    const { outcome, file } = await fetchFrom(servers);
    expect(outcome.sources).toEqual([servers[0]?.url]);
    expect(file.events.filter(({ type }) => type === 'source.failed').length).toBeGreaterThan(0);
    expect(servers[2]?.sentBytes('a')).toBeLessThan(4 * MB);
  });
});

describe('a file without a digest', () => {
  it('is one source alone, however large', async () => {
    const servers = [await far(8 * MB), await far(8 * MB)];
    const bench = await TransferBench.create();
    const sources = servers.map((server) => bench.source(server.url, 'a'));
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256: null, sources });
    expect(await bench.engine.fetch(file)).toMatchObject({ sha256, sources: [servers[0]?.url] });
    expect(servers[1]?.requests).toEqual([]);
  });
});

describe('a source that falls silent', () => {
  const PATIENT = 60_000;
  /** Everything from here on hangs, in bodies begun and in new answers. */
  const inBodies = (server: FaultServer, offset: number): void => {
    server.fault('a', (reply, request) => stallAt(Math.max(0, offset - (request.range?.first ?? 0)))(reply, request));
  };
  /** What is asked for from here on is never answered; bodies begun come to their end. */
  const betweenAnswers = (server: FaultServer, offset: number): void => {
    server.fault('a', (reply, request) => {
      if ((request.range?.first ?? 0) >= offset) neverAnswer()(reply, request);
    });
  };
  const stalledEvents = (file: BenchFile): readonly ErrorDocument[] =>
    file.events.flatMap((event) => (event.type === 'source.failed' && event.error.reason === 'stalled' ? [event.error] : []));
  const secondsIn = (text = ''): number => Number(/sent nothing for ([\d.]+) s/.exec(text)?.[1]);

  it.each([
    ['in its bodies, while another one works with it', inBodies, 2],
    ['in its bodies, when it was alone until then', inBodies, 8],
    ['between its answers, while another one works with it', betweenAnswers, 2],
    ['between its answers, when it was alone until then', betweenAnswers, 8],
  ])('after three fifths costs no more than five seconds and is named: %s', async (_, stall, perHostConnections) => {
    const [silent, good] = [await far(6 * MB), await far(6 * MB)];
    const options = { perHostConnections, stallTimeoutMs: PATIENT };
    const alone = await fetchFrom([good], options);
    stall(silent, content.sizeBytes * 0.6);
    const { outcome, ms, file } = await fetchFrom([silent, good], options);
    expect(ms - alone.ms).toBeLessThan(5000);
    expect(outcome.sources).toContain(good.url);
    const [error] = stalledEvents(file);
    expect(error?.message).toContain(silent.url);
    expect(secondsIn(error?.message)).toBeGreaterThanOrEqual(2);
    expect(secondsIn(error?.message)).toBeLessThan(5);
  });

  it('that accepts and never answers costs no more than five seconds', async () => {
    const [silent, good] = [await far(6 * MB), await far(6 * MB)];
    const alone = await fetchFrom([good], { stallTimeoutMs: PATIENT });
    silent.fault('a', neverAnswer());
    const { ms, file } = await fetchFrom([silent, good], { stallTimeoutMs: PATIENT });
    expect(ms - alone.ms).toBeLessThan(5000);
    expect(stalledEvents(file)).toHaveLength(1);
  });

  it('is left for the next one though the file is small', async () => {
    const [silent, good] = [await serve({ files: { a: content } }), await serve({ files: { a: content } })];
    silent.fault('a', stallAt(MB));
    const { ms } = await fetchFrom([silent, good], { stallTimeoutMs: 60_000, connections: 1 });
    expect(ms).toBeLessThan(15_000);
  });

  it('is asked again when the one that took over fails', async () => {
    const [late, gone] = [await serve({ files: { a: content } }), await serve({ files: { a: content } })];
    late.fault('a', neverAnswer(), { times: 1 });
    gone.fault('a', status(404));
    const { outcome } = await fetchFrom([late, gone], { stallTimeoutMs: 2000 });
    expect(outcome.sources).toEqual([late.url]);
  });

  it('everywhere ends the transfer', async () => {
    const servers = [await serve({ files: { a: content } }), await serve({ files: { a: content } })];
    for (const server of servers) server.fault('a', neverAnswer());
    const bench = await TransferBench.create({ stallTimeoutMs: 400 });
    const sources = servers.map((server) => bench.source(server.url, 'a'));
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources });
    await expect(bench.engine.fetch(file)).rejects.toMatchObject({ code: 'NETWORK_TIMEOUT' });
    for (const server of servers) expect(server.requestsOf('a').length).toBeLessThan(8);
  });

  it('is not left for being slow to answer each time', async () => {
    const servers = [await serve({ files: { a: content } }), await serve({ files: { a: content } })];
    servers[0]?.fault('a', delayHeaders(1000));
    const { outcome } = await fetchFrom(servers, { connections: 1 });
    expect(outcome.sources).toEqual([servers[0]?.url]);
  });
});
