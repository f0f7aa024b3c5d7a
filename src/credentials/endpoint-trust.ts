/** Whether the endpoint that is configured may have a token that was not stored for it. */
import { dirname } from 'node:path';
import type { Config } from '../config/config.ts';
import { CONFIG_KEYS } from '../config/config-keys.ts';
import type { TokenService } from '../domain/credentials.ts';
import { originFor } from './services.ts';

const PROPERTIES = { hf: 'hfEndpoint', github: 'githubApiUrl' } as const satisfies Record<TokenService, keyof Config>;

/**
 * Files of the working directory may be somebody else's: a cloned project whose wan.toml names an endpoint would get the token of the
 * environment. Such an endpoint gets only what was stored for it, or what came with the same directory.
 * @param cameWithDirectory the token stands in `.env`
 * @returns why not; undefined where it may
 */
export function distrustedEndpoint(config: Config, service: TokenService, cameWithDirectory: boolean): string | undefined {
  const property = PROPERTIES[service];
  const origin = originFor(service, config);
  if (cameWithDirectory || origin === new URL(CONFIG_KEYS[property].default).origin) return undefined;
  const { from, where } = config.origins[property];
  const isOwnFile = from === 'file' && config.configFile !== undefined && dirname(config.configFile) === config.userConfigDir;
  if (from === 'flag' || from === 'env' || isOwnFile) return undefined;
  const named = from === 'file' ? where : `${where} in .env`;
  return `the endpoint comes from ${named}: to trust it, run \`wan auth login ${service} --endpoint ${origin}\``;
}
