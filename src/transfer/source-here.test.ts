import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded, sha256Hex } from '../../test/servers/http/fault-server.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { serve, TransferBench } from '../../test/support/transfer-bench.ts';

const content = seeded(3_000_001, 77);
const sha256 = sha256Hex(content);

async function cacheFolder(): Promise<string> {
  const folder = await tempDir();
  writeFileSync(join(folder, 'a'), content.read(0, content.sizeBytes));
  return folder;
}

describe('a source that is here', () => {
  it.each(['auto', 'copy'] as const)('gives bytes that do not count as fetched (local_link %s)', async (localLink) => {
    const folder = await cacheFolder();
    const bench = await TransferBench.create({ localLink });
    const source = { ...bench.source(`local://${folder}`, 'a'), isHere: true };
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [source] });
    const outcome = await bench.engine.fetch(file);
    expect(outcome).toMatchObject({ sha256, sources: [`local://${folder}`], fetchedBytes: 0 });
    expect(file.held()).toBe(content.sizeBytes);
  });

  it('that has gone bad is named, and only what replaces it counts as fetched', async () => {
    const folder = await cacheFolder();
    truncateSync(join(folder, 'a'), 10);
    truncateSync(join(folder, 'a'), content.sizeBytes);
    const server = await serve();
    server.put('a', content);
    const bench = await TransferBench.create();
    const sources = [{ ...bench.source(`local://${folder}`, 'a'), isHere: true }, bench.source(server.url, 'a')];
    const outcome = await bench.engine.fetch(await bench.file({ sizeBytes: content.sizeBytes, sha256, sources }));
    expect(outcome).toMatchObject({ sha256, fetchedBytes: content.sizeBytes, sources: [server.url], liars: [`local://${folder}`] });
  });
});
