/** The services that credentials are kept for, and the origin that each stands for. */
import type { Config } from '../config/config.ts';
import { CONFIG_KEYS } from '../config/config-keys.ts';
import { ModelError } from '../domain/errors.ts';

export const SERVICES = ['hf', 's3', 'github'] as const;
export type Service = (typeof SERVICES)[number];

export const SERVICE_TITLES: Readonly<Record<Service, string>> = { hf: 'Hugging Face', s3: 'S3', github: 'GitHub' };

/** In place of an origin: S3 of AWS, which has an endpoint for each region. */
export const AWS = 'aws';

/**
 * Scheme, host and port: what a credential is given to, and nothing else.
 * @param endpoint absent: the one that is configured for the service
 * @throws ModelError INVALID_INPUT for what is no http(s) URL; the text is not repeated, since it may be a secret in the wrong place
 */
export function originFor(service: Service, config: Config, endpoint?: string): string {
  const chosen = endpoint ?? configuredEndpoint(service, config);
  if (chosen === undefined || (service === 's3' && chosen === AWS)) return AWS;
  const url = URL.parse(chosen.includes('://') ? chosen : `https://${chosen}`);
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return url.origin;
  throw new ModelError('INVALID_INPUT', 'the endpoint is not an http:// or https:// URL without user name and password', {
    reason: 'endpoint_invalid',
    hint: 'write for example --endpoint https://hub.example',
  });
}

/** Where nothing is configured. */
export function usualEndpoint(service: Service): string {
  return { hf: CONFIG_KEYS.hfEndpoint.default, github: CONFIG_KEYS.githubApiUrl.default, s3: AWS }[service];
}

function configuredEndpoint(service: Service, config: Config): string | undefined {
  if (service === 'hf') return config.hfEndpoint;
  return service === 'github' ? config.githubApiUrl : config.s3EndpointUrl;
}
