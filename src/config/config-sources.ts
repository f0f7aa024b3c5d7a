/** Everything that may say something about a key, and what each of them says. */
import { dirname, join } from 'node:path';
import { absolutePath } from './absolute-path.ts';
import type { ConfigFlags, Origin } from './config.ts';
import { type ConfigFile, userCacheDirectory } from './config-file.ts';
import { type ConfigProperty, type ConfigValues, configKeyOf } from './config-keys.ts';
import type { ConfigProblem } from './config-problem.ts';
import { describeBadValue } from './describe-bad-value.ts';
import type { DotEnv } from './dot-env.ts';
import { findUpward } from './find-file.ts';
import type { Environment } from './process-environment.ts';
import { ProjectFile } from './project-file.ts';
import type { ParseContext } from './value-type.ts';

export interface Sources {
  readonly flags: ConfigFlags;
  readonly env: Environment;
  readonly dotEnv: DotEnv | undefined;
  /** The wan.toml in force. */
  readonly file: ConfigFile | undefined;
  /** The user's own, where a project's is in force. */
  readonly ownFile: ConfigFile | undefined;
  readonly userConfigDir: string;
  readonly context: ParseContext;
}

export interface Candidate {
  readonly value: unknown;
  readonly origin: Origin;
}

export function fromFlags(property: ConfigProperty, { flags }: Sources): Candidate[] {
  const value = flags[property];
  return value === undefined ? [] : [{ value, origin: { from: 'flag' } }];
}

/** An empty variable counts as not set. */
export function fromVariables(property: ConfigProperty, from: 'env' | '.env', sources: Sources, problems: ConfigProblem[]): Candidate[] {
  const variables = from === 'env' ? sources.env : sources.dotEnv?.values;
  if (variables === undefined) return [];
  const key = configKeyOf(property);
  const candidates = key.env.flatMap(({ name, adapt = (text: string) => text }): Candidate[] => {
    const text = variables[name];
    if (text === undefined || text.trim() === '') return [];
    const adapted = adapt(text);
    if (adapted === undefined) return [];
    const parsed = key.type.parse(adapted, sources.context);
    if (parsed !== undefined) return [{ value: parsed.value, origin: { from, where: name } }];
    problems.push({ where: from === 'env' ? name : `${name} in .env`, key: key.key, message: describeBadValue(key, text) });
    return [];
  });
  return key.addUp === true && candidates.length > 1 ? [addedUp(candidates, from)] : candidates;
}

/** Each once: several variables often name one file. */
function addedUp(candidates: readonly Candidate[], from: Origin['from']): Candidate {
  return {
    value: [...new Set(candidates.flatMap(({ value }) => value))],
    origin: { from, where: candidates.map(({ origin }) => origin.where).join(', ') },
  };
}

export function fromFile(property: ConfigProperty, file: ConfigFile | undefined, sources: Sources, problems: ConfigProblem[]): Candidate[] {
  const key = configKeyOf(property);
  if (file === undefined || !Object.hasOwn(file.values, key.key)) return [];
  const where = file.placeOf(key.key);
  const parsed = key.type.parse(file.values[key.key], { ...sources.context, baseDir: dirname(file.path) });
  if (parsed !== undefined) return [{ value: parsed.value, origin: { from: 'file', where } }];
  problems.push({ where, key: key.key, message: `${key.key}: ${describeBadValue(key, file.values[key.key])}` });
  return [];
}

/** Those of the files in force that came with the working directory. */
export interface ProjectFiles {
  readonly '.env': ProjectFile | undefined;
  readonly file: ProjectFile | undefined;
}

/** A wan.toml that the user named, or keeps in the user's own directory, is nobody else's. */
export function projectFiles(sources: Sources): ProjectFiles {
  const { dotEnv, file, env, userConfigDir } = sources;
  const isOwn = file === undefined || Boolean(env.WAN_CONFIG) || dirname(file.path) === userConfigDir;
  const inDotEnv = (property: ConfigProperty) => fromVariables(property, '.env', sources, []);
  const inFile = (property: ConfigProperty) => fromFile(property, file, sources, []);
  return {
    '.env': dotEnv && new ProjectFile({ ...dotEnv, userConfigDir, namedFiles: () => authoritiesIn(inDotEnv) }),
    file: isOwn ? undefined : new ProjectFile({ ...file, userConfigDir, namedFiles: () => authoritiesIn(inFile) }),
  };
}

const authoritiesIn = (said: (property: ConfigProperty) => readonly Candidate[]): readonly string[] => [
  ...said('caFiles').flatMap(({ value }) => value as ConfigValues['caFiles']),
  ...said('originCaFiles').flatMap(({ value }) => Object.values(value as ConfigValues['originCaFiles']).flat()),
];

/** Looked for where nothing is given. */
export type MachineDefaults = { readonly [Property in ConfigProperty]?: () => ConfigValues[Property] };

/** Defaults that depend on the machine and the working directory; where the user's token lies is not for .env to say. */
export function machineDefaults({ env, dotEnv, context }: Sources): MachineDefaults {
  const { baseDir, homeDir, platform } = context;
  const cacheHome = (variables: Environment): string => variables.XDG_CACHE_HOME || join(homeDir, '.cache');
  return {
    manifestPath: () => findUpward(baseDir, ['models.toml', join('config', 'models.toml')]),
    hfTokenPath: () => join(env.HF_HOME ? absolutePath(env.HF_HOME, context) : join(cacheHome(env), 'huggingface'), 'token'),
    embeddingCacheDir: () => join(userCacheDirectory({ env: { ...dotEnv?.values, ...env }, homeDir, platform }), 'embeddings'),
    hfCacheDir: () => join(cacheHome({ ...dotEnv?.values, ...env }), 'huggingface', 'hub'),
  };
}
