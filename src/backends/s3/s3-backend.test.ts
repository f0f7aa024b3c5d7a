import { describeBackend } from '../../../test/conformance/backend.suite.ts';
import { describeS3 } from '../../../test/servers/s3/describe-s3.ts';
import { FaultProxy } from '../../../test/servers/s3/fault-proxy.ts';
import { Secret } from '../../domain/secret.ts';
import { HttpClient } from '../http/http-client.ts';
import { S3Access } from './s3-access.ts';
import { createS3Backend } from './s3-backend.ts';

describeS3('S3 as a source', (server, name) => {
  describeBackend(`s3 (${name})`, async () => {
    const { accessKeyId, secretAccessKey, region } = server();
    // It passes on what comes; only here to see what is still open.
    const proxy = await FaultProxy.start(server().endpoint);
    const keys = { accessKeyId: new Secret(accessKeyId), secretAccessKey: new Secret(secretAccessKey) };
    const access = new S3Access({ config: { endpointUrl: proxy.endpoint, region, keys } });
    const bucket = await server().createBucket();
    const client = new HttpClient();
    return {
      backend: createS3Backend(`s3://${bucket}/a prefix/with+plus`, access, client),
      put: async (path, bytes) => void (await server().put(bucket, `a prefix/with+plus/${path}`, bytes)),
      openCount: () => proxy.openCount,
      stop: async () => {
        await client.close();
        await proxy.stop();
      },
    };
  });
});
