/** A first source that takes connections and says nothing, in front of one that is well. */
import { createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { seeded } from '../servers/http/fault-server.ts';
import { MODEL, modelFixture } from '../support/model-fixture.ts';

/** A small file is one source's work; a large one is shared. */
const files = { 'config.json': '{}', 'w.safetensors': seeded(33 * 1024 * 1024, 5) };

async function silentServer() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    asked: () => sockets.size,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

it.each(['s3://bucket/model', 'hf://acme/model'])(
  '%s is left for the next one long before its time is over, also where nothing is known of a file yet',
  async (source) => {
    await using silent = await silentServer();
    const env = {
      ...{ HF_ENDPOINT: silent.url, WAN_HF_CACHE: 'off', AWS_ENDPOINT_URL: silent.url, AWS_ACCESS_KEY_ID: 'k', AWS_SECRET_ACCESS_KEY: 's' },
      // Longer than a test may take.
      ...{ AWS_REGION: 'us-east-1', WAN_DOWNLOAD_TIMEOUT: '1h' },
    };
    const world = await modelFixture({ files, sources: [source, 'http'], env });
    const ran = await world.cli(['models', 'ensure', MODEL, '--json']);
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(silent.asked()).toBeGreaterThan(0);
    expect(ran.json<{ data: { results: object[] } }>().data.results).toMatchObject([{ troubles: [{ source, reason: 'stalled' }] }]);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  },
);
