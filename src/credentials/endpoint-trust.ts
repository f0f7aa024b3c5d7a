/** Whether the endpoint that is configured may have a credential that was not stored for it (docs/decisions/0012). */
import type { Config } from '../config/config.ts';
import type { ConfigProperty } from '../config/config-keys.ts';
import { originFor, type Service, usualEndpoint } from './services.ts';

export const ENDPOINT_PROPERTIES = {
  hf: 'hfEndpoint',
  github: 'githubApiUrl',
  s3: 's3EndpointUrl',
} as const satisfies Record<Service, ConfigProperty>;

/**
 * Files of the working directory may be somebody else's: a cloned project whose wan.toml names an endpoint would get the user's
 * credentials. Such an endpoint gets only what was stored for it, or what stands in the same `.env`: another file beside it may be of
 * another author, as a committed wan.toml is beside the `.env` that its user wrote.
 * @param isInDotEnv the credential stands in `.env`
 * @returns why not; undefined where it may
 */
export function distrustedEndpoint(config: Config, service: Service, isInDotEnv: boolean): string | undefined {
  const property = ENDPOINT_PROPERTIES[service];
  const origin = originFor(service, config);
  if (origin === originFor(service, config, usualEndpoint(service))) return undefined;
  const { from, where, untrusted } = config.origins[property];
  if (untrusted === undefined || (isInDotEnv && from === '.env')) return undefined;
  const named = from === 'file' ? where : `${where} in .env`;
  return `the endpoint comes from ${named}, a project's file: to trust that file, run \`wan config trust\`; to trust the endpoint alone, \`wan auth login ${service} --endpoint ${origin}\``;
}
