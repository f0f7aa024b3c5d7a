/** The same suite against each real S3 server: the one from npm always, MinIO where it is installed (in CI it is). */
import { afterAll, beforeAll, describe } from 'vitest';
import { describeWithReal } from '../../support/real-server.ts';
import { startEmbedded } from './embedded.ts';
import { startMinio } from './minio.ts';
import type { S3Server } from './s3-server.ts';

/** @param suite gets the server when a test asks for it, which is after it has been started */
export function describeS3(title: string, suite: (server: () => S3Server, name: 'fauxqs' | 'MinIO') => void): void {
  describe(`${title}, fauxqs`, () => suite(started(startEmbedded), 'fauxqs'));
  describeWithReal(`${title}, MinIO`, { needs: ['minio'], suite: () => suite(started(startMinio), 'MinIO') });
}

function started(start: () => Promise<S3Server>): () => S3Server {
  let server: S3Server | undefined;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.stop());
  return () => {
    if (server === undefined) throw new Error('the server runs only while tests do');
    return server;
  };
}
