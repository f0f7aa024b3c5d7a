/** A real MinIO on loopback, in a folder of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answering } from '../../support/answering.ts';
import { freePort } from '../../support/free-port.ts';
import { S3Server } from './s3-server.ts';

const ACCESS_KEY = 'AKIAMINIOTEST1234567';
const SECRET_KEY = 'minio-test-secret-key';

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
