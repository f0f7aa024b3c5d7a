/** wan.toml: found, read, and its keys with the line that each is written in. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fsError } from '../domain/fs-error.ts';
import { nearest } from '../util/nearest.ts';
import { absolutePath } from './absolute-path.ts';
import { CONFIG_PROPERTIES, configKeyOf } from './config-keys.ts';
import { type ConfigProblem, invalidConfig } from './config-problem.ts';
import { findUpward, isFile } from './find-file.ts';
import { locateKeys } from './locate-keys.ts';
import type { Environment } from './process-environment.ts';
import type { ParseContext } from './value-type.ts';

export interface ConfigFile {
  readonly path: string;
  readonly text: string;
  /** snake_case key -> value as TOML has it. */
  readonly values: Readonly<Record<string, unknown>>;
  /** `path:line:column` of a key. */
  readonly placeOf: (key: string) => string;
  readonly problems: readonly ConfigProblem[];
}

export interface SearchInput {
  /** What WAN_CONFIG says. */
  readonly named: string | undefined;
  readonly userConfigDir: string;
  readonly cwd: string;
  readonly homeDir: string;
  readonly platform: NodeJS.Platform;
}

export interface UserDirectoryInput extends Pick<SearchInput, 'homeDir' | 'platform'> {
  /** Without what .env says: that came with the working directory. */
  readonly env: Environment;
}

/** More than any configuration needs, and a bound for what a wrong path can make us read. */
const MAX_FILE_BYTES = 1024 * 1024;

/**
 * The file that is in force: the one that WAN_CONFIG names, else the nearest wan.toml upward from the working directory,
 * else the one in the user's configuration directory.
 * @throws ModelError INVALID_CONFIG when WAN_CONFIG names no file.
 */
export function findConfigFile(input: SearchInput): string | undefined {
  const { named, cwd, userConfigDir } = input;
  if (named !== undefined && named !== '') return namedConfigFile(named, input);
  return findUpward(cwd, ['wan.toml']) ?? userConfigFile(userConfigDir);
}

/** The user's own wan.toml, where there is one. */
export function userConfigFile(userConfigDir: string): string | undefined {
  const path = join(userConfigDir, 'wan.toml');
  return isFile(path) ? path : undefined;
}

/** Where the user's own wan.toml is looked for, and stored credentials are kept. */
export function userConfigDirectory({ env, homeDir, platform }: UserDirectoryInput): string {
  if (platform === 'win32') return join(env.APPDATA || join(homeDir, 'AppData', 'Roaming'), 'wan');
  if (env.XDG_CONFIG_HOME) return join(env.XDG_CONFIG_HOME, 'wan');
  return platform === 'darwin' ? join(homeDir, 'Library', 'Application Support', 'wan') : join(homeDir, '.config', 'wan');
}

/** Where is kept what can be made again, as each system wants it. */
export function userCacheDirectory({ env, homeDir, platform }: UserDirectoryInput): string {
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(homeDir, 'AppData', 'Local'), 'wan');
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'wan');
  return platform === 'darwin' ? join(homeDir, 'Library', 'Caches', 'wan') : join(homeDir, '.cache', 'wan');
}

/** @throws ModelError INVALID_CONFIG when it is not TOML; keys that are not ours are problems of the result. */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  const text = readText(path);
  const { parseToml } = await import('./parse-toml.ts');
  const values = parseToml(path, text);
  const places = locateKeys(text);
  const placeOf = (key: string): string => {
    const place = places.get(key) ?? { line: 1, column: 1 };
    return `${path}:${place.line}:${place.column}`;
  };
  return { path, text, values, placeOf, problems: unknownKeys(values, placeOf) };
}

function namedConfigFile(named: string, { cwd, homeDir, platform }: SearchInput): string {
  const context: ParseContext = { baseDir: cwd, homeDir, platform };
  const path = absolutePath(named, context);
  if (isFile(path)) return path;
  throw invalidConfig([{ where: 'WAN_CONFIG', message: `names ${path}, which is not a file` }]);
}

function readText(path: string): string {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > MAX_FILE_BYTES) throw invalidConfig([{ where: path, message: 'is larger than 1 MiB: not a configuration file' }]);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw invalidConfig([{ where: path, message: 'is not UTF-8 text' }]);
    throw fsError(error, `read the configuration file ${path}`);
  }
}

function unknownKeys(values: Readonly<Record<string, unknown>>, placeOf: (key: string) => string): readonly ConfigProblem[] {
  const known = CONFIG_PROPERTIES.map((property) => configKeyOf(property).key);
  return Object.keys(values)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const meant = nearest(key, known);
      const hint = meant === undefined ? 'docs/configuration.md lists every key' : `did you mean ${meant}?`;
      return { where: placeOf(key), key, message: `there is no key ${JSON.stringify(key)}: ${hint}` };
    });
}
