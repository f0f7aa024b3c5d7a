/**
 * `limit_rate` as running commands follow it: wan.toml is looked at when somebody asks, every second or so, and read when it has
 * changed and then stayed as it is: an editor empties a file before it writes it.
 */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RateSchedule } from '../util/rate-schedule.ts';
import type { Config } from './config.ts';
import { readConfigFile } from './config-file.ts';
import { CONFIG_KEYS, configKeyOf } from './config-keys.ts';
import { invalidConfig } from './config-problem.ts';
import { describeBadValue } from './describe-bad-value.ts';

/** @throws ModelError INVALID_CONFIG once for each wrong state of the file; the last good value holds on */
export type LiveLimitRate = () => Promise<RateSchedule | undefined>;

/** What a flag or the environment says stays as it is. */
export function liveLimitRate(config: Config): LiveLimitRate {
  const { configFile, origins } = config;
  let value = config.limitRate;
  if (configFile === undefined || (origins.limitRate.from !== 'file' && origins.limitRate.from !== 'default')) return async () => value;
  let read = stateOf(configFile);
  let seen = read;
  return async () => {
    const now = stateOf(configFile);
    const isAtRest = now === seen;
    seen = now;
    if (now === undefined || now === read || !isAtRest) return value;
    read = now;
    value = await readValue(config, configFile);
    return value;
  };
}

async function readValue({ homeDir, platform }: Config, path: string): Promise<RateSchedule | undefined> {
  const { key, type } = CONFIG_KEYS.limitRate;
  const { values, placeOf } = await readConfigFile(path);
  if (!Object.hasOwn(values, key)) return undefined;
  const parsed = type.parse(values[key], { baseDir: dirname(path), homeDir, platform });
  if (parsed !== undefined) return parsed.value;
  throw invalidConfig([{ where: placeOf(key), key, message: `${key}: ${describeBadValue(configKeyOf('limitRate'), values[key])}` }]);
}

function stateOf(path: string): string | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats && `${stats.ino} ${stats.size} ${stats.mtimeNs}`;
}
