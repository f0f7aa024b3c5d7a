/** flags > environment > .env > wan.toml > defaults: parsed once, every problem at once, deep-frozen. */
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { absolutePath } from './absolute-path.ts';
import { awsFiles } from './aws-files.ts';
import type { Config, ConfigFlags, Origin } from './config.ts';
import { type ConfigFile, findConfigFile, readConfigFile, userConfigDirectory } from './config-file.ts';
import { CONFIG_PROPERTIES, type ConfigProperty, type ConfigValues, configKeyOf } from './config-keys.ts';
import { type ConfigProblem, invalidConfig } from './config-problem.ts';
import { deepFreeze } from './deep-freeze.ts';
import { describeBadValue } from './describe-bad-value.ts';
import { type DotEnv, readDotEnv } from './dot-env.ts';
import { findUpward } from './find-file.ts';
import type { Environment } from './process-environment.ts';
import { SECRET_NAMES, secretsFromEnv } from './secrets.ts';
import type { ParseContext } from './value-type.ts';

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
  const { flags = {}, homeDir = homedir(), platform = process.platform } = input;
  const cwd = resolve(input.cwd);
  const dotEnv = readDotEnv(cwd);
  const env = { ...dotEnv?.values, ...input.env };
  const path = findConfigFile({ env, cwd, homeDir, platform });
  const file = path === undefined ? undefined : await readConfigFile(path);
  const context: ParseContext = { baseDir: cwd, homeDir, platform };
  const sources: Sources = { flags, env: input.env, dotEnv, file, context, defaults: machineDefaults(env, context) };
  const found = CONFIG_PROPERTIES.map((property) => resolveKey(property, sources));
  const problems = [...(file?.problems ?? []), ...found.flatMap((one) => one.problems)];
  if (problems.length > 0) throw invalidConfig(problems);
  return deepFreeze({
    ...(Object.fromEntries(found.map(({ property, value }) => [property, value])) as unknown as ConfigValues),
    origins: Object.fromEntries(found.map(({ property, origin }) => [property, origin])) as Config['origins'],
    configFile: path,
    dotEnvFile: dotEnv?.path,
    secrets: secretsFromEnv(env),
    userConfigDir: userConfigDirectory({ env: input.env, homeDir, platform }),
    secretsFromDotEnv: SECRET_NAMES.filter((name) => dotEnv?.values[name] !== undefined && input.env[name] === undefined),
    awsFiles: awsFiles(input.env, homeDir),
    cwd,
    homeDir,
    platform,
  });
}

interface Sources {
  readonly flags: ConfigFlags;
  readonly env: Environment;
  readonly dotEnv: DotEnv | undefined;
  readonly file: ConfigFile | undefined;
  readonly context: ParseContext;
  readonly defaults: MachineDefaults;
}

interface Candidate {
  readonly value: unknown;
  readonly origin: Origin;
}

interface Found extends Candidate {
  readonly property: ConfigProperty;
  readonly problems: readonly ConfigProblem[];
}

/** Most keys are given nowhere, at every start of every command: those cost next to nothing. */
function resolveKey(property: ConfigProperty, sources: Sources): Found {
  if (!isGiven(property, sources)) return { property, problems: [], ...defaultOf(property, sources) };
  const problems: ConfigProblem[] = [];
  const given = [
    ...fromFlags(property, sources),
    ...fromVariables(property, { variables: sources.env, from: 'env', context: sources.context, problems }),
    ...fromVariables(property, { variables: sources.dotEnv?.values, from: '.env', context: sources.context, problems }),
    ...fromFile(property, sources, problems),
  ];
  return { property, problems, ...(given[0] ?? defaultOf(property, sources)) };
}

function isGiven(property: ConfigProperty, { flags, env, dotEnv, file }: Sources): boolean {
  const { key, env: variables } = configKeyOf(property);
  if (flags[property] !== undefined || (file !== undefined && Object.hasOwn(file.values, key))) return true;
  return variables.some(({ name }) => env[name] !== undefined || dotEnv?.values[name] !== undefined);
}

const defaultOf = (property: ConfigProperty, { defaults }: Sources): Candidate => ({
  value: defaults[property]?.() ?? configKeyOf(property).default,
  origin: { from: 'default' },
});

function fromFlags(property: ConfigProperty, { flags }: Sources): Candidate[] {
  const value = flags[property];
  return value === undefined ? [] : [{ value, origin: { from: 'flag' } }];
}

interface Variables {
  readonly variables: Environment | undefined;
  readonly from: 'env' | '.env';
  readonly context: ParseContext;
  readonly problems: ConfigProblem[];
}

/** An empty variable counts as not set. */
function fromVariables(property: ConfigProperty, { variables, from, context, problems }: Variables): Candidate[] {
  if (variables === undefined) return [];
  const key = configKeyOf(property);
  const candidates = key.env.flatMap(({ name, adapt = (text: string) => text }): Candidate[] => {
    const text = variables[name];
    if (text === undefined || text.trim() === '') return [];
    const adapted = adapt(text);
    if (adapted === undefined) return [];
    const parsed = key.type.parse(adapted, context);
    if (parsed !== undefined) return [{ value: parsed.value, origin: { from, where: name } }];
    problems.push({ where: from === 'env' ? name : `${name} in .env`, key: key.key, message: describeBadValue(key, text) });
    return [];
  });
  return key.addUp === true && candidates.length > 1 ? [addedUp(candidates, from)] : candidates;
}

function addedUp(candidates: readonly Candidate[], from: Origin['from']): Candidate {
  return {
    value: candidates.flatMap(({ value }) => value),
    origin: { from, where: candidates.map(({ origin }) => origin.where).join(', ') },
  };
}

function fromFile(property: ConfigProperty, { file, context }: Sources, problems: ConfigProblem[]): Candidate[] {
  const key = configKeyOf(property);
  if (file === undefined || !Object.hasOwn(file.values, key.key)) return [];
  const where = file.placeOf(key.key);
  const parsed = key.type.parse(file.values[key.key], { ...context, baseDir: dirname(file.path) });
  if (parsed !== undefined) return [{ value: parsed.value, origin: { from: 'file', where } }];
  problems.push({ where, key: key.key, message: `${key.key}: ${describeBadValue(key, file.values[key.key])}` });
  return [];
}

/** Looked for where nothing is given. */
type MachineDefaults = { readonly [Property in ConfigProperty]?: () => ConfigValues[Property] };

/** Defaults that depend on the machine and the working directory. */
function machineDefaults(env: Environment, context: ParseContext): MachineDefaults {
  const { baseDir, homeDir } = context;
  const cacheHome = env.XDG_CACHE_HOME || join(homeDir, '.cache');
  return {
    manifestPath: () => findUpward(baseDir, ['models.toml', join('config', 'models.toml')]),
    hfTokenPath: () => join(env.HF_HOME ? absolutePath(env.HF_HOME, context) : join(cacheHome, 'huggingface'), 'token'),
    hfCacheDir: () => join(cacheHome, 'huggingface', 'hub'),
  };
}
