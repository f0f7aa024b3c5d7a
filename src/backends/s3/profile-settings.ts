/** What the shared AWS configuration files say of the service; keys are the credential chain's business. */
import { loadSharedConfigFiles, type Profile } from '@smithy/shared-ini-file-loader';

export interface ProfileSettings {
  readonly region?: string | undefined;
  readonly endpointUrl?: string | undefined;
}

/** Of `~/.aws/config` and `~/.aws/credentials`, or the files that AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name. */
export async function profileSettings(profile = 'default'): Promise<ProfileSettings> {
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ ignoreCache: true });
  const settings: Profile = { ...credentialsFile[profile], ...configFile[profile] };
  const services = settings.services === undefined ? undefined : configFile[`services.${settings.services}`];
  return { region: settings.region, endpointUrl: services?.['s3.endpoint_url'] ?? settings.endpoint_url };
}
