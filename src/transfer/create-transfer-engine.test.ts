import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded, sha256Hex } from '../../test/servers/http/fault-server.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { serve, TransferBench } from '../../test/support/transfer-bench.ts';
import { PieceMap } from '../store/piece-map.ts';

const MB = 1024 * 1024;

describe('the transfer engine', () => {
  it.each(['inline', 'auto'] as const)('fetches and proves a file (%s lanes)', async (lanes) => {
    const content = seeded(40 * MB + 123, 1);
    const server = await serve({ files: { 'a.bin': content } });
    const bench = await TransferBench.create({ lanes, workers: 2 });
    const sha256 = sha256Hex(content);
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [bench.source(server.url, 'a.bin')] });
    const outcome = await bench.engine.fetch(file);
    expect(outcome).toMatchObject({ sha256, sources: [server.url], liars: [] });
    // A range that another one overtakes may have read a few bytes in vain.
    expect(outcome.fetchedBytes).toBeGreaterThanOrEqual(content.sizeBytes);
    expect(outcome.fetchedBytes).toBeLessThan(content.sizeBytes + 2 * MB);
    expect(file.held()).toBe(content.sizeBytes);
    expect(file.onDisk()).toBe(sha256);
    expect(file.events.map((event) => event.type)).toContain('file.progress');
  });

  it('proves an empty file without asking anybody', async () => {
    const bench = await TransferBench.create();
    const sha256 = sha256Hex(seeded(0, 1));
    const file = await bench.file({ sizeBytes: 0, sha256, sources: [] });
    expect((await bench.engine.fetch(file)).sha256).toBe(sha256);
  });

  it('fetches many files over few connections', async () => {
    const contents = Array.from({ length: 20 }, (_, seed) => seeded(300_000 + seed, seed));
    const server = await serve({ files: Object.fromEntries(contents.map((content, at) => [`f${at}`, content])) });
    const bench = await TransferBench.create({ maxFiles: 3, connections: 2 });
    const outcomes = await Promise.all(
      contents.map(async (content, at) => {
        const sha256 = sha256Hex(content);
        const sources = [bench.source(server.url, `f${at}`)];
        return bench.engine.fetch(await bench.file({ name: `f${at}`, sizeBytes: content.sizeBytes, sha256, sources }));
      }),
    );
    expect(outcomes.map(({ sha256 }) => sha256)).toEqual(contents.map(sha256Hex));
  });

  it('hashes large files side by side where the CPU has no instructions for it', async () => {
    const contents = [20, 17, 18, 24, 16, 19, 2].map((megabytes, seed) => seeded(megabytes * MB + 777 * seed, seed));
    const server = await serve({ files: Object.fromEntries(contents.map((content, at) => [`f${at}`, content])) });
    const asked: number[] = [];
    const hasShaInstructions = () => asked.push(1) === 0;
    const bench = await TransferBench.create({ lanes: 'auto', workers: 2, hasShaInstructions });
    const files = await Promise.all(
      contents.map((content, at) => {
        const sources = [bench.source(server.url, `f${at}`)];
        return bench.file({ name: `f${at}`, sizeBytes: content.sizeBytes, sha256: sha256Hex(content), sources });
      }),
    );
    const outcomes = await Promise.all(files.map((file) => bench.engine.fetch(file)));
    expect(outcomes.map(({ sha256 }) => sha256)).toEqual(contents.map(sha256Hex));
    expect(files.map((file) => file.onDisk())).toEqual(contents.map(sha256Hex));
    // Of those that had three others of their size: the first four at least.
    expect(asked.length).toBeGreaterThanOrEqual(4);
  });

  it('finds the wrong bytes of one of them, and mends it alone', async () => {
    const contents = [17, 18, 16, 19].map((megabytes, seed) => seeded(megabytes * MB + 321, seed));
    const named = (of: typeof contents) => Object.fromEntries(of.map((content, at) => [`f${at}`, content]));
    const liar = await serve({ files: named(contents.with(1, seeded(contents[1]?.sizeBytes ?? 0, 99))) });
    const honest = await serve({ files: named(contents) });
    const bench = await TransferBench.create({ lanes: 'auto', workers: 1, hasShaInstructions: () => false });
    const files = await Promise.all(
      contents.map((content, at) => {
        const sources = [bench.source(liar.url, `f${at}`), bench.source(honest.url, `f${at}`)];
        return bench.file({ name: `f${at}`, sizeBytes: content.sizeBytes, sha256: sha256Hex(content), sources });
      }),
    );
    const outcomes = await Promise.all(files.map((file) => bench.engine.fetch(file)));
    expect(files.map((file) => file.onDisk())).toEqual(contents.map(sha256Hex));
    expect(outcomes.map(({ liars }) => liars)).toEqual([[], [liar.url], [], []]);
  });

  it('goes on from held pieces and hashes them once', async () => {
    const content = seeded(5 * MB, 3);
    const server = await serve({ files: { a: content } });
    const bench = await TransferBench.create();
    const sha256 = sha256Hex(content);
    const sources = [bench.source(server.url, 'a')];
    const abort = new AbortController();
    const first = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources, signal: abort.signal });
    const onHeld = (bytes: number) => {
      first.onHeld(bytes);
      if (first.held() > 2 * MB) abort.abort();
    };
    const stopping = { ...first, onHeld };
    await expect(bench.engine.fetch(stopping)).rejects.toMatchObject({ code: 'CANCELLED' });
    const heldBytes = new PieceMap(first.partial.pieces).heldBytes();
    expect(heldBytes).toBe(first.held());
    await first.partial.close();
    const second = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources });
    const outcome = await bench.engine.fetch(second);
    expect(outcome.fetchedBytes).toBe(content.sizeBytes - heldBytes);
    expect(second.onDisk()).toBe(sha256);
  });

  it('copies from a mounted file system', async () => {
    const content = seeded(3 * MB + 5, 4);
    const folder = await tempDir();
    await writeFile(join(folder, 'a.bin'), content.read(0, content.sizeBytes));
    const bench = await TransferBench.create();
    const sha256 = sha256Hex(content);
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [bench.source(`local://${folder}`, 'a.bin')] });
    expect((await bench.engine.fetch(file)).sha256).toBe(sha256);
    expect(file.onDisk()).toBe(sha256);
  });

  it('splits one file over several connections when they pay', async () => {
    const content = seeded(24 * MB, 5);
    const server = await serve({ files: { a: content }, bytesPerSecond: 4 * MB });
    const bench = await TransferBench.create();
    const sha256 = sha256Hex(content);
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [bench.source(server.url, 'a')] });
    expect((await bench.engine.fetch(file)).sha256).toBe(sha256);
    expect(new Set(server.requestsOf('a').map(({ connection }) => connection)).size).toBeGreaterThan(1);
  });
});

describe('leaves', () => {
  it('are all there and right, or none is, as the hash had time', async () => {
    const content = seeded(34 * MB, 6);
    const server = await serve({ files: { a: content }, bytesPerSecond: 40 * MB });
    const bench = await TransferBench.create({ connections: 1, lanes: 'auto', workers: 1 });
    const sha256 = sha256Hex(content);
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [bench.source(server.url, 'a')] });
    const { leaves = Buffer.alloc(0) } = await bench.engine.fetch(file);
    const expected = [0, 16, 32].map((at) =>
      sha256Hex({ ...content, sizeBytes: Math.min(16, 34 - at) * MB, read: (from, count) => content.read(at * MB + from, count) }),
    );
    expect(['', expected.join('')]).toContain(Buffer.from(leaves).toString('hex'));
  });
});
