import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { seeded, sha256Hex } from '../servers/http/fault-server.ts';
import { describeWithHangs, hangingFolder } from '../support/hanging-folder.ts';
import { serve, TransferBench } from '../support/transfer-bench.ts';

const content = seeded(1_000_001, 78);
const sha256 = sha256Hex(content);

async function hangingSource() {
  const folder = await hangingFolder();
  writeFileSync(join(folder.path, 'a'), content.read(0, content.sizeBytes));
  const bench = await TransferBench.create({ stallTimeoutMs: 300 });
  folder.hang();
  return { bench, source: bench.source(`local://${folder.path}`, 'a') };
}

describeWithHangs('a folder on a file system that hangs in the kernel', () => {
  it('is left for the next source', async () => {
    const { bench, source } = await hangingSource();
    const server = await serve({ files: { a: content } });
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [source, bench.source(server.url, 'a')] });
    expect(await bench.engine.fetch(file)).toMatchObject({ sha256, sources: [server.url] });
  });

  it('and is the only source fails, after one look', async () => {
    const { bench, source } = await hangingSource();
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [source] });
    await expect(bench.engine.fetch(file)).rejects.toMatchObject({ code: 'NETWORK_TIMEOUT', reason: 'stalled' });
  });
});
