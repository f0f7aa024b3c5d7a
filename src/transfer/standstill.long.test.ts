import { expect, it } from 'vitest';
import { seeded, sha256Hex } from '../../test/servers/http/fault-server.ts';
import { serve, TransferBench } from '../../test/support/transfer-bench.ts';
import { inlinePool, transferParts } from '../../test/support/transfer-parts.ts';

const content = seeded(600_000, 5);

it('a complete file of whose digest nobody hears fails, and does not wait for ever', async () => {
  const bench = await TransferBench.create();
  const server = await serve({ files: { a: content } });
  const pool = inlinePool();
  const sources = [bench.source(server.url, 'a')];
  const { state, transfer } = transferParts({ pool })(
    await bench.file({ sizeBytes: content.sizeBytes, sha256: sha256Hex(content), sources }),
  );
  const running = transfer.run();
  pool.unlisten(state.shared.fileId);
  await expect(running).rejects.toMatchObject({ code: 'INTERNAL', reason: 'standstill', details: { missing_pieces: [] } });
});
