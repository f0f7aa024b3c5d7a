import { expect, it } from 'vitest';
import { cutAt, type FaultServer, seeded, sha256Hex } from '../../test/servers/http/fault-server.ts';
import { serve, TransferBench } from '../../test/support/transfer-bench.ts';

const KB = 1024;
/** Three pieces of 256 KiB, and a bit. */
const content = seeded(800 * KB, 5);

/** All that was told while `content` came at such a speed. */
async function told(bytesPerSecond: number, spoil: (server: FaultServer) => void = () => undefined) {
  const server = await serve({ files: { a: content }, bytesPerSecond });
  spoil(server);
  const bench = await TransferBench.create();
  const file = await bench.file({ sizeBytes: content.sizeBytes, sha256: sha256Hex(content), sources: [bench.source(server.url, 'a')] });
  const seen: { readonly held: number; readonly coming: number }[] = [];
  const now = { held: 0, coming: 0 };
  await bench.engine.fetch({
    ...file,
    onHeld: (delta) => {
      file.onHeld(delta);
      now.held += delta;
      seen.push({ ...now });
    },
    onComing: (delta) => {
      now.coming += delta;
      seen.push({ ...now });
    },
  });
  return seen;
}

it('tells of bytes before their piece is whole, and never of more than there are', async () => {
  const seen = await told(200 * KB);
  expect(seen.some(({ held, coming }) => held === 0 && coming > 0)).toBe(true);
  for (const { held, coming } of seen) {
    expect(coming).toBeGreaterThanOrEqual(0);
    expect(held + coming).toBeLessThanOrEqual(content.sizeBytes);
  }
  expect(seen.at(-1)).toEqual({ held: content.sizeBytes, coming: 0 });
});

it('counts the begun part of a piece once, where a range is cut inside of it', async () => {
  const seen = await told(400 * KB, (server) => server.fault('a', cutAt(100 * KB), { times: 2 }));
  for (const { held, coming } of seen) expect(held + coming).toBeLessThanOrEqual(content.sizeBytes);
  expect(seen.at(-1)).toEqual({ held: content.sizeBytes, coming: 0 });
});
