import type { Config } from '../config/config.ts';
import { CONFIG_PROPERTIES, configKeyOf } from '../config/config-keys.ts';
import { ambientKeys } from './ambient-keys.ts';
import { ambientTokens } from './ambient-tokens.ts';
import { originFor } from './services.ts';

/** What a project's files say and may not say until the user trusts them, as one sentence; undefined where that is nothing. */
export async function heldBackNotice(config: Config): Promise<string | undefined> {
  const settings = CONFIG_PROPERTIES.flatMap((property) => {
    const origin = config.heldBack[property]?.origin;
    return origin === undefined ? [] : [`${configKeyOf(property).key} (${origin.where}) is not in force`];
  });
  const said = [...settings, ...(await withheldCredentials(config))];
  if (said.length === 0) return undefined;
  return `this project's files are not trusted: ${said.join(', ')}; \`wan config trust\` trusts them as they are now`;
}

async function withheldCredentials(config: Config): Promise<readonly string[]> {
  const keys = ambientKeys(config);
  const tokens = (await Promise.all((['hf', 'github'] as const).map((service) => ambientTokens(config, service)))).flat();
  return [
    ...tokens.filter(({ withheld }) => withheld !== undefined).map(({ from, origin }) => `${from} is not sent to ${origin}`),
    ...(keys?.withheld === undefined ? [] : [`AWS_ACCESS_KEY_ID does not sign for ${originFor('s3', config)}`]),
  ];
}
