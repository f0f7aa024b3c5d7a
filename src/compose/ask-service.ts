/** Questions that `wan auth` has for a service. */
import type { HttpClient } from '../backends/http/http-client.ts';
import type { KeysQuestion } from '../backends/s3/check-keys.ts';
import type { WhoAnswer, WhoQuestion } from '../backends/who-is.ts';
import type { Config } from '../config/config.ts';
import { httpConfig } from './service-configs.ts';

/** Asks the service, over the configured proxies, whom a token belongs to. @throws ModelError CANCELLED */
export const askWho = (config: Config, question: WhoQuestion): Promise<WhoAnswer> =>
  asking(config, async (client) => (await import('../backends/who-is.ts')).whoIs(client, question));

/** As {@link askWho}, whether an S3 service knows these keys. */
export const askForKeys = (config: Config, question: KeysQuestion): Promise<WhoAnswer> =>
  asking(config, async (client) => (await import('../backends/s3/check-keys.ts')).checkS3Keys(client, question));

async function asking(config: Config, ask: (client: HttpClient) => Promise<WhoAnswer>): Promise<WhoAnswer> {
  if (config.offline) return { verdict: 'unknown', why: 'no socket is opened (offline)' };
  const { HttpClient } = await import('../backends/http/http-client.ts');
  const client = new HttpClient(httpConfig(config));
  try {
    return await ask(client);
  } finally {
    await client.close();
  }
}
