/** A real MinIO on loopback, in a folder of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { S3Server } from './s3-server.ts';

const ACCESS_KEY = 'AKIAMINIOTEST1234567';
const SECRET_KEY = 'minio-test-secret-key';
const START_MS = 60_000;

export async function startMinio({ region = 'eu-west-1' }: { readonly region?: string } = {}): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'wan-minio-'));
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  const minio = spawn('minio', ['server', '--quiet', '--address', new URL(endpoint).host, folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      MINIO_ROOT_USER: ACCESS_KEY,
      MINIO_ROOT_PASSWORD: SECRET_KEY,
      MINIO_SITE_REGION: region,
      MINIO_BROWSER: 'off',
      MINIO_UPDATE: 'off',
    },
  });
  const ended = once(minio, 'exit');
  const stop = async () => {
    minio.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  await answering(`${endpoint}/minio/health/ready`, () => minio.exitCode !== null).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return new S3Server({ endpoint, region, accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY, stop });
}

async function answering(url: string, hasEnded: () => boolean): Promise<void> {
  for (const until = Date.now() + START_MS; Date.now() < until && !hasEnded(); await sleep(50)) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.status === 200) return;
  }
  throw new Error('MinIO did not start');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
