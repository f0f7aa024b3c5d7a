/** Search of the configured Hub, over the configured proxies. */
import type { Config } from '../config/config.ts';
import { ModelError } from '../domain/errors.ts';
import type { HubModel, HubQuestion } from '../domain/hub-search.ts';
import { httpConfig } from './service-configs.ts';

/** @throws ModelError OFFLINE, and whatever the Hub or the network fails with */
export async function searchHub(config: Config, question: HubQuestion, signal: AbortSignal): Promise<readonly HubModel[]> {
  if (config.offline) throw new ModelError('OFFLINE', 'the Hub cannot be searched with --offline');
  const { HttpClient } = await import('../backends/http/http-client.ts');
  const { searchHub: search } = await import('../backends/huggingface/hub-search.ts');
  const { createCredentialSource } = await import('../credentials/find-credentials.ts');
  const client = new HttpClient(httpConfig(config));
  try {
    return await search({ client, credentials: createCredentialSource(config), endpoint: config.hfEndpoint }, question, signal);
  } finally {
    await client.close();
  }
}
