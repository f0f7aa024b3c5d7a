/** Where S3 is for credentials: a profile of the shared AWS files may say it where the configuration does not. */
import type { Config } from '../config/config.ts';
import { s3Config } from './service-configs.ts';

/** Undefined where the configuration names one, or nobody does. @throws ModelError INVALID_CONFIG for one of a profile that is none */
export async function profileEndpoint(config: Config): Promise<string | undefined> {
  if (config.s3EndpointUrl !== undefined) return undefined;
  const { S3Access } = await import('../backends/s3/s3-access.ts');
  const { endpoint } = await new S3Access({ config: await s3Config(config) }).service();
  return endpoint?.href;
}
