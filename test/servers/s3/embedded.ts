/** fauxqs, from npm: an S3 server in this process. It keeps ranges, conditions, paging and checksums, and looks at no signature. */
import { startFauxqs } from 'fauxqs';
import { S3Server } from './s3-server.ts';

export async function startEmbedded(): Promise<S3Server> {
  const server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
  return new S3Server({
    endpoint: `http://127.0.0.1:${server.port}`,
    region: 'us-east-1',
    accessKeyId: 'AKIAEMBEDDED12345678',
    secretAccessKey: 'embedded-secret-key',
    stop: () => server.stop(),
  });
}
