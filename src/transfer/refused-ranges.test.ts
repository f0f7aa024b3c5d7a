/** Ranges that are refused: by signed URLs that end, and by servers that say no. */
import { describe, expect, it } from 'vitest';
import { type FaultServer, seeded, sha256Hex, status } from '../../test/servers/http/fault-server.ts';
import { UrlSigner } from '../../test/servers/http/signed-urls.ts';
import { serve, TransferBench } from '../../test/support/transfer-bench.ts';
import type { StorageBackend } from '../backends/backend.ts';
import { createUrlBackend } from '../backends/http/http-backend.ts';
import { HttpClient } from '../backends/http/http-client.ts';
import { withRenewal } from '../backends/layers/with-renewal.ts';

const MB = 1024 * 1024;
const MINUTE = 60_000;
const content = seeded(64 * MB, 71);
const sha256 = sha256Hex(content);

async function fetchWith(backend: (client: HttpClient) => StorageBackend, { onHeld = (_: number): void => undefined } = {}) {
  const client = new HttpClient();
  const bench = await TransferBench.create();
  const file = await bench.file({
    sizeBytes: content.sizeBytes,
    sha256,
    sources: [{ backend: backend(client), path: '' }],
    pieceBytes: MB,
  });
  const held = (bytes: number) => {
    file.onHeld(bytes);
    onHeld(file.held());
  };
  try {
    return await bench.engine.fetch({ ...file, onHeld: held });
  } finally {
    await client.close();
  }
}

/** Far enough that several ranges are under way at once. */
const far = (): Promise<FaultServer> => serve({ files: { a: content }, bytesPerSecond: 4 * MB, latencyMs: 40 });

describe('a signed URL', () => {
  it('that ends twice while ranges are asked for is renewed twice, however many of them are refused', async () => {
    const server = await far();
    const signer = new UrlSigner();
    signer.guard(server);
    const signed = (client: HttpClient) => createUrlBackend(signer.sign(server.urlOf('a'), MINUTE), client);
    const ends = [16 * MB, 40 * MB];
    let renewals = 0;
    const outcome = await fetchWith(
      (client) =>
        withRenewal(signed(client), async () => {
          renewals++;
          return signed(client);
        }),
      {
        onHeld: (bytes) => {
          if (bytes < (ends[0] ?? Number.POSITIVE_INFINITY)) return;
          ends.shift();
          signer.passTime(MINUTE);
        },
      },
    );
    expect(outcome.sha256).toBe(sha256);
    expect(renewals).toBe(2);
    expect(signer.refusals).toBeGreaterThan(2);
  });

  it('that serves its first byte only is refused in the words of its backend', async () => {
    const server = await serve({ files: { a: content } });
    server.fault('a', status(403, { body: 'no' }), { when: ({ range }) => range?.last !== 0 });
    const ended = `${server.urlOf('a')}?X-Amz-Date=20200101T000000Z&X-Amz-Expires=60&X-Amz-Signature=${'0'.repeat(64)}`;
    await expect(fetchWith((client) => createUrlBackend(ended, client))).rejects.toMatchObject({ code: 'AUTH_FAIL', reason: 'expired' });
  });
});

it('a plain refusal is told as one, after few requests', async () => {
  const server = await serve({ files: { a: content } });
  server.fault('a', status(403, { body: 'no' }), { when: ({ range }) => range?.last !== 0 });
  const refused = fetchWith((client) => createUrlBackend(server.urlOf('a'), client));
  await expect(refused).rejects.toMatchObject({ code: 'AUTH_FAIL', reason: 'credentials_missing' });
  expect(server.requestsOf('a').length).toBeLessThanOrEqual(5);
});
