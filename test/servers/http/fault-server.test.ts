import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import {
  cutAt,
  delayHeaders,
  endless,
  etag,
  FaultServer,
  ignoreRange,
  resetAt,
  seeded,
  sha256Hex,
  shorterBy,
  stallAt,
  status,
  throttled,
  wrongBytesAt,
} from './fault-server.ts';

const running: FaultServer[] = [];
async function start(...args: Parameters<typeof FaultServer.start>): Promise<FaultServer> {
  const server = await FaultServer.start(...args);
  running.push(server);
  return server;
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

const range = (first: number, last: number) => ({ headers: { range: `bytes=${first}-${last}` } });

describe('seeded content', () => {
  it('reads the same bytes at once and in odd pieces', () => {
    const content = seeded(3_000_001, 7);
    const hash = createHash('sha256');
    for (let offset = 0; offset < content.sizeBytes; offset += 70_001)
      hash.update(content.read(offset, Math.min(70_001, content.sizeBytes - offset)));
    expect(hash.digest('hex')).toBe(sha256Hex(content));
    expect(sha256Hex(seeded(3_000_001, 8))).not.toBe(sha256Hex(content));
  });

  it('never repeats a block', () => {
    const content = seeded(8 << 20, 1);
    const blocks = new Set<string>();
    for (let offset = 0; offset < content.sizeBytes; offset += 4096) blocks.add(Buffer.from(content.read(offset, 16)).toString('hex'));
    expect(blocks.size).toBe((8 << 20) / 4096);
  });
});

describe('FaultServer', () => {
  it('serves whole files, ranges, 404, 412 and 416 honestly, and counts them', async () => {
    const server = await start({ files: { 'dir/ä b.txt': 'hello world' } });
    const url = server.urlOf('dir/ä b.txt');
    expect(await (await fetch(url)).text()).toBe('hello world');
    const part = await fetch(url, range(6, 99));
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 6-10/11', 'world']);
    expect((await fetch(`${server.url}/none`)).status).toBe(404);
    expect((await fetch(url, { headers: { 'if-match': '"other"' } })).status).toBe(412);
    expect((await fetch(url, range(11, 12))).headers.get('content-range')).toBe('bytes */11');
    expect((await fetch(url, { headers: { ...range(0, 0).headers, 'if-range': '"other"' } })).status).toBe(200);
    expect(server.requestsOf('dir/ä b.txt').map((request) => request.status)).toEqual([200, 206, 412, 416, 200]);
    expect(server.sentBytes('dir/ä b.txt')).toBe(11 + 5 + 8 + 0 + 11);
  });

  it('applies faults in the order they were given, as often as they say', async () => {
    const server = await start({ files: { a: 'abc' } });
    server.fault('a', status(503), { skip: 1, times: 2 }).fault('*', etag('"x"'));
    const seen = [];
    for (let n = 0; n < 4; n++)
      seen.push(await fetch(server.urlOf('a')).then(async (answer) => [answer.status, (await answer.text()).length]));
    expect(seen.map(([code]) => code)).toEqual([200, 503, 503, 200]);
    expect((await fetch(server.urlOf('a'))).headers.get('etag')).toBe('"x"');
  });

  it('cuts, resets, shortens, corrupts and stalls bodies', async () => {
    const server = await start({ files: { a: seeded(100_000, 1) } });
    const url = server.urlOf('a');
    server.fault('a', cutAt(1000), { times: 1 }).fault('a', resetAt(0), { times: 1 }).fault('a', shorterBy(1), { times: 1 });
    await expect(fetch(url).then((answer) => answer.arrayBuffer())).rejects.toThrow();
    await expect(fetch(url)).rejects.toThrow();
    expect((await (await fetch(url)).arrayBuffer()).byteLength).toBe(99_999);
    server.clearFaults();
    server.fault('a', wrongBytesAt(50_000, 2), { times: 1 }).fault('a', ignoreRange(), { times: 1 }).fault('a', stallAt(10), { times: 1 });
    const honest = seeded(100_000, 1).read(0, 100_000);
    const wrong = new Uint8Array(await (await fetch(url)).arrayBuffer());
    expect([...wrong.keys()].filter((at) => wrong[at] !== honest[at])).toEqual([50_000, 50_001]);
    expect((await fetch(url, range(5, 9))).status).toBe(200);
    await expect(fetch(url, { signal: AbortSignal.timeout(100) }).then((answer) => answer.arrayBuffer())).rejects.toThrow('timeout');
  });

  it('waits before headers and goes slowly when told to', async () => {
    const server = await start({ files: { a: 'x'.repeat(1000) } });
    server.fault('a', delayHeaders(40), { times: 1 }).fault('a', throttled(20_000));
    for (let n = 0; n < 2; n++) {
      const from = performance.now();
      expect((await (await fetch(server.urlOf('a'))).text()).length).toBe(1000);
      expect(performance.now() - from).toBeGreaterThan(35);
    }
  });

  it('sends without end until the client goes', async () => {
    const server = await start({ files: { a: 'abc' } });
    server.fault('a', endless());
    const reader = (await fetch(server.urlOf('a'))).body?.getReader();
    let seenBytes = 0;
    while (seenBytes < 1_000_000) seenBytes += (await reader?.read())?.value?.length ?? 0;
    await reader?.cancel();
    await expect.poll(() => server.openConnections).toBe(0);
    expect(server.requests[0]?.done).toBe(true);
  });
});
