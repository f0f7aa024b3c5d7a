/** What the shared AWS configuration files say of the service; keys are the credential chain's business. */
import { loadSharedConfigFiles, type Profile } from '@smithy/shared-ini-file-loader';
import type { AwsFiles } from '../../config/aws-files.ts';
import { ModelError } from '../../domain/errors.ts';
import { plainHttpUrl } from '../../util/plain-http-url.ts';
import { redactUrl } from '../../util/redact-url.ts';

export interface ProfileSettings {
  readonly region?: string | undefined;
  /** As it stands in the file. */
  readonly endpoint?: StatedEndpoint | undefined;
}

export interface StatedEndpoint {
  readonly text: string;
  /** For people: file and section. */
  readonly where: string;
}

export async function profileSettings(files: AwsFiles, profile = 'default'): Promise<ProfileSettings> {
  const { configFile, credentialsFile } = await loadSharedConfigFiles({
    filepath: files.credentials,
    configFilepath: files.config,
    ignoreCache: true,
  });
  const inConfig: Profile = configFile[profile] ?? {};
  const inCredentials: Profile = credentialsFile[profile] ?? {};
  const services = inConfig.services ?? inCredentials.services;
  const ofServices = services === undefined ? undefined : configFile[`services.${services}`];
  const endpoint =
    stated(ofServices?.['s3.endpoint_url'], `${files.config}, [services ${services}]`) ??
    stated(inConfig.endpoint_url, `${files.config}, profile "${profile}"`) ??
    stated(inCredentials.endpoint_url, `${files.credentials}, profile "${profile}"`);
  return { region: inConfig.region ?? inCredentials.region, endpoint };
}

/** An empty value counts as not set. */
const stated = (text: string | undefined, where: string): StatedEndpoint | undefined =>
  text === undefined || text === '' ? undefined : { text, where };

/** @throws ModelError INVALID_CONFIG that names file, profile and value */
export function endpointOf({ text, where }: StatedEndpoint): URL {
  const url = plainHttpUrl(text);
  if (url !== undefined) return url;
  const shown = JSON.stringify(redactUrl(text).replace(/^[^/]*@/, ''));
  throw new ModelError(
    'INVALID_CONFIG',
    `${where}: endpoint_url is ${shown}, which is no http:// or https:// URL without user name and password`,
    {
      reason: 'endpoint_malformed',
      hint: 'correct it, for example to http://127.0.0.1:9000, or set s3_endpoint_url (AWS_ENDPOINT_URL_S3)',
    },
  );
}
