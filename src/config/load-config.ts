/** flags > environment > .env > wan.toml > defaults: parsed once, every problem at once, deep-frozen. */
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { awsFiles } from './aws-files.ts';
import type { Config, ConfigFlags } from './config.ts';
import { findConfigFile, readConfigFile, userConfigDirectory, userConfigFile } from './config-file.ts';
import { CONFIG_PROPERTIES, type ConfigValues } from './config-keys.ts';
import { invalidConfig } from './config-problem.ts';
import { machineDefaults, projectFiles, type Sources } from './config-sources.ts';
import { deepFreeze } from './deep-freeze.ts';
import { readDotEnv } from './dot-env.ts';
import type { Environment } from './process-environment.ts';
import { type Found, resolveKey } from './resolve-key.ts';
import { SECRET_NAMES, secretsFromEnv } from './secrets.ts';

export interface LoadConfigInput {
  readonly env: Environment;
  /** Absolute. */
  readonly cwd: string;
  readonly flags?: ConfigFlags;
  readonly homeDir?: string;
  readonly platform?: NodeJS.Platform;
}

/** @throws ModelError INVALID_CONFIG that names every problem with its place, and what is allowed there. */
export async function loadConfig(input: LoadConfigInput): Promise<Config> {
  const sources = await gather(input);
  const { dotEnv, file, env, userConfigDir, context } = sources;
  const gathered = { sources, projectFiles: projectFiles(sources), defaults: machineDefaults(sources) };
  const found = CONFIG_PROPERTIES.map((property) => resolveKey(property, gathered));
  const problems = [...(file?.problems ?? []), ...found.flatMap((one) => one.problems)];
  if (problems.length > 0) throw invalidConfig(problems);
  return deepFreeze({
    ...(byProperty(found, ({ value }) => value) as unknown as ConfigValues),
    origins: byProperty(found, ({ origin }) => origin) as Config['origins'],
    heldBack: byProperty(found, ({ heldBack }) => heldBack) as Config['heldBack'],
    projectFiles: Object.values(gathered.projectFiles).filter((one) => one !== undefined),
    configFile: file?.path,
    dotEnvFile: dotEnv?.path,
    secrets: secretsFromEnv({ ...dotEnv?.values, ...env }),
    userConfigDir,
    secretsFromDotEnv: SECRET_NAMES.filter((name) => dotEnv?.values[name] !== undefined && env[name] === undefined),
    awsFiles: awsFiles(env, context.homeDir),
    cwd: context.baseDir,
    homeDir: context.homeDir,
    platform: context.platform,
  });
}

async function gather(input: LoadConfigInput): Promise<Sources> {
  const { env, flags = {}, homeDir = homedir(), platform = process.platform } = input;
  const cwd = resolve(input.cwd);
  const dotEnv = readDotEnv(cwd);
  const userConfigDir = userConfigDirectory({ env, homeDir, platform });
  const path = findConfigFile({ named: env.WAN_CONFIG ?? dotEnv?.values.WAN_CONFIG, userConfigDir, cwd, homeDir, platform });
  const hidesOwn = path !== undefined && !env.WAN_CONFIG && dirname(path) !== userConfigDir;
  const ownPath = hidesOwn ? userConfigFile(userConfigDir) : undefined;
  return {
    flags,
    env,
    dotEnv,
    file: path === undefined ? undefined : await readConfigFile(path),
    ownFile: ownPath === undefined ? undefined : await readConfigFile(ownPath),
    userConfigDir,
    context: { baseDir: cwd, homeDir, platform },
  };
}

/** Without those that have none. */
function byProperty(found: readonly Found[], pick: (one: Found) => unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(found.map((one) => [one.property, pick(one)]).filter(([, value]) => value !== undefined));
}
