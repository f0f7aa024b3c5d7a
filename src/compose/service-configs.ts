/** Configuration -> what the clients of services are made with. */
import type { AddressGuard } from '../backends/http/address-guard.ts';
import type { HttpConfig } from '../backends/http/http-config.ts';
import type { S3Config } from '../backends/s3/s3-config.ts';
import type { Config } from '../config/config.ts';

/** @param traceparent the place of the caller in a trace, told to sources where that is wanted */
export function httpConfig(config: Config, traceparent?: string): HttpConfig {
  const { httpProxy, httpsProxy, allProxy, noProxy, caFiles, originCaFiles, downloadTimeoutMs, traceSources } = config;
  return {
    httpProxy,
    httpsProxy,
    allProxy,
    noProxy,
    caFiles,
    originCaFiles,
    idleTimeoutMs: downloadTimeoutMs,
    ...(traceSources && traceparent !== undefined && { traceparent }),
  };
}

/** For URLs that come from a caller. */
export async function guardedHttpConfig(config: Config): Promise<HttpConfig & { readonly guard: AddressGuard }> {
  const { AddressGuard } = await import('../backends/http/address-guard.ts');
  return { ...httpConfig(config), guard: new AddressGuard({ allowedHosts: config.allowedInternalHosts }) };
}

export async function s3Config(config: Config): Promise<S3Config> {
  const { ambientKeys, halfKeys } = await import('../credentials/ambient-keys.ts');
  const { distrustedEndpoint } = await import('../credentials/endpoint-trust.ts');
  const keys = ambientKeys(config);
  const withheld = distrustedEndpoint(config, 's3', false);
  return {
    endpointUrl: config.s3EndpointUrl,
    region: config.s3Region,
    profile: config.s3Profile,
    files: config.awsFiles,
    addressing: config.s3Addressing,
    requesterPays: config.s3RequesterPays,
    anonymous: config.s3Anonymous,
    ...(keys !== undefined && keys.withheld === undefined && { keys }),
    keysProblem: halfKeys(config)?.problem,
    ...(withheld !== undefined && { withheld }),
  };
}
