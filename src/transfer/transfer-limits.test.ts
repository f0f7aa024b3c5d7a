/** Patience, bandwidth, cancelling, disks. */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { neverAnswer, rateLimited, seeded, sha256Hex, stallAt, throttled } from '../../test/servers/http/fault-server.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { serve, TransferBench } from '../../test/support/transfer-bench.ts';
import type { PartialBlob } from '../store/partial-blob.ts';
import { PieceMap } from '../store/piece-map.ts';

const MB = 1024 * 1024;
const KB = 1024;
const content = seeded(2 * MB + 777, 31);
const sha256 = sha256Hex(content);

/** The same partial with its data elsewhere. */
const withFd = (partial: PartialBlob, fd: number): PartialBlob => ({
  key: partial.key,
  sizeBytes: partial.sizeBytes,
  pieceBytes: partial.pieceBytes,
  path: partial.path,
  pieces: partial.pieces,
  sources: partial.sources,
  fd,
  sourceIndex: (label, validator) => partial.sourceIndex(label, validator),
  validatorOf: (index) => partial.validatorOf(index),
  sync: () => partial.sync(),
  seal: (mode) => partial.seal(mode),
  close: () => partial.close(),
  discard: () => partial.discard(),
});

async function timed(work: Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work;
  return performance.now() - startMs;
}

describe('the bandwidth limit', () => {
  it.each(['inline', 'auto'] as const)('is kept over several connections (%s lanes)', async (lanes) => {
    const big = seeded(34 * MB, 32);
    const server = await serve({ files: { a: big } });
    const bench = await TransferBench.create({ lanes, workers: 2, limitRateBytesPerSecond: 20 * MB });
    const file = await bench.file({ sizeBytes: big.sizeBytes, sha256: sha256Hex(big), sources: [bench.source(server.url, 'a')] });
    const ms = await timed(bench.engine.fetch(file));
    expect(ms).toBeGreaterThan(1700 * 0.95);
    expect(ms).toBeLessThan(1700 * 4);
  });

  it('changes while bytes flow', async () => {
    const server = await serve({ files: { a: content } });
    const bench = await TransferBench.create({ limitRateBytesPerSecond: 100 * KB });
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [bench.source(server.url, 'a')] });
    setTimeout(() => bench.engine.setLimitRate(undefined), 300);
    expect(await timed(bench.engine.fetch(file))).toBeLessThan(2000);
  });

  it('is no stall', async () => {
    const server = await serve({ files: { a: content } });
    const bench = await TransferBench.create({ limitRateBytesPerSecond: MB, stallTimeoutMs: 200 });
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [bench.source(server.url, 'a')] });
    await bench.engine.fetch(file);
    expect(file.events.filter((event) => event.type === 'retry.scheduled')).toEqual([]);
  });
});

describe('slow sources', () => {
  it('are left for the next one when they say nothing at all', async () => {
    const [silent, good] = [await serve({ files: { a: content } }), await serve({ files: { a: content } })];
    silent.fault('a', neverAnswer());
    const bench = await TransferBench.create({ stallTimeoutMs: 300 });
    const sources = [silent, good].map((server) => bench.source(server.url, 'a'));
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources });
    expect(await bench.engine.fetch(file)).toMatchObject({ sources: [good.url] });
    expect(silent.requestsOf('a')).toHaveLength(1);
  });

  it('get a second request for the rest that hangs, and the first to end wins', async () => {
    const server = await serve({ files: { a: content } });
    server.fault('a', stallAt(1_900_000), { times: 1 });
    const bench = await TransferBench.create({ stallTimeoutMs: 3000 });
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [bench.source(server.url, 'a')] });
    await bench.engine.fetch(file);
    expect(file.onDisk()).toBe(sha256);
    expect(file.events.filter((event) => event.type === 'retry.scheduled')).toEqual([]);
    expect(server.sentBytes('a')).toBeLessThan(content.sizeBytes * 1.2);
  });

  it('that drip are told from sources that are slow but steady', async () => {
    const server = await serve({ files: { a: content } });
    server.fault('a', throttled(100), { times: 1 });
    const bench = await TransferBench.create({ stallTimeoutMs: 600 });
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [bench.source(server.url, 'a')] });
    expect(await timed(bench.engine.fetch(file))).toBeLessThan(8000);
  });

  it('are waited for as long as they ask', async () => {
    const server = await serve({ files: { a: content } });
    server.fault('a', rateLimited(1), { times: 1 });
    const bench = await TransferBench.create();
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [bench.source(server.url, 'a')] });
    expect(await timed(bench.engine.fetch(file))).toBeGreaterThan(999);
    expect(file.events).toContainEqual(expect.objectContaining({ type: 'retry.scheduled', reason: 'RATE_LIMIT' }));
  });
});

describe('cancelling', () => {
  it.each(['inline', 'auto'] as const)('ends every socket and keeps held pieces (%s lanes)', async (lanes) => {
    const big = seeded(40 * MB, 33);
    const server = await serve({ files: { a: big }, bytesPerSecond: 8 * MB });
    const bench = await TransferBench.create({ lanes, workers: 2 });
    const abort = new AbortController();
    const sources = [bench.source(server.url, 'a')];
    const file = await bench.file({ sizeBytes: big.sizeBytes, sha256: sha256Hex(big), sources, signal: abort.signal });
    const onHeld = (bytes: number) => {
      file.onHeld(bytes);
      abort.abort();
    };
    await expect(bench.engine.fetch({ ...file, onHeld })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(new PieceMap(file.partial.pieces).heldBytes()).toBe(file.held());
    expect(file.held()).toBeGreaterThan(0);
    await expect.poll(() => server.openConnections).toBe(0);
  });

  it('reaches files that wait for their turn', async () => {
    const server = await serve({ files: { a: content }, bytesPerSecond: MB });
    const bench = await TransferBench.create({ maxFiles: 1 });
    const abort = new AbortController();
    const sources = [bench.source(server.url, 'a')];
    const first = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources });
    const other = await bench.file({ sizeBytes: content.sizeBytes, sha256: null, sources, signal: abort.signal });
    const running = bench.engine.fetch(first);
    const waiting = bench.engine.fetch(other);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    await running;
  });

  it('is what close does to all that runs', async () => {
    const server = await serve({ files: { a: content }, bytesPerSecond: MB });
    const bench = await TransferBench.create();
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [bench.source(server.url, 'a')] });
    const outcome = expect(bench.engine.fetch(file)).rejects.toMatchObject({ code: 'CANCELLED' });
    setTimeout(() => void bench.engine.close(), 100);
    await outcome;
  });
});

describe('a disk', () => {
  it.skipIf(process.platform !== 'linux')('that is full ends the transfer with NO_SPACE, whatever sources are left', async () => {
    const server = await serve({ files: { a: content } });
    const bench = await TransferBench.create();
    const sources = [bench.source(server.url, 'a'), bench.source(server.url, 'a')];
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources });
    const full = openSync('/dev/full', 'r+');
    const onFull = { ...file, partial: withFd(file.partial, full) };
    await expect(bench.engine.fetch(onFull)).rejects.toMatchObject({ code: 'NO_SPACE' });
    closeSync(full);
  });

  it('whose source file changes while it is copied gives a failed try, not a mixture', async () => {
    const folder = await tempDir();
    const path = join(folder, 'a');
    writeFileSync(path, seeded(content.sizeBytes, 34).read(0, content.sizeBytes));
    const bench = await TransferBench.create({ limitRateBytesPerSecond: 2 * MB });
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [bench.source(`local://${folder}`, 'a')] });
    setTimeout(() => {
      writeFileSync(path, content.read(0, content.sizeBytes));
      bench.engine.setLimitRate(undefined);
    }, 400);
    expect(await bench.engine.fetch(file)).toMatchObject({ sha256 });
    expect(file.onDisk()).toBe(sha256);
    expect(file.events).toContainEqual(expect.objectContaining({ type: 'retry.scheduled', reason: 'source_changed' }));
  });
});
