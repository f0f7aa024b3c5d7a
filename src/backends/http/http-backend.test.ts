import { describeBackend } from '../../../test/conformance/backend.suite.ts';
import { FaultServer } from '../../../test/servers/http/fault-server.ts';
import { createHttpBackend } from './http-backend.ts';
import { HttpClient } from './http-client.ts';

describeBackend(
  'http',
  async () => {
    const server = await FaultServer.start();
    const client = new HttpClient();
    return {
      backend: createHttpBackend(server.url, client),
      put: async (path, bytes) => server.put(path, bytes),
      openCount: () => server.requests.filter(({ done }) => !done).length,
      stop: async () => {
        await client.close();
        await server.stop();
      },
    };
  },
  {
    skip: [
      { test: 'lists every file once, nested ones too', reason: 'HTTP has no listing' },
      { test: 'stops listing when cancelled', reason: 'HTTP has no listing' },
    ],
  },
);
