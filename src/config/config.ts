import type { AwsFiles } from './aws-files.ts';
import type { ConfigProperty, ConfigValues } from './config-keys.ts';
import type { ProjectFile } from './project-file.ts';
import type { Secrets } from './secrets.ts';

/** Where a value came from. */
export interface Origin {
  readonly from: 'flag' | 'env' | '.env' | 'file' | 'default';
  /** Name of the environment variable, or `file:line:column`. */
  readonly where?: string;
  /** A file of somebody's project says it, which the user has not trusted; told of keys only for which that matters. */
  readonly untrusted?: true;
}

/** What a project's file says, and would be in force if the user trusted the file. */
export interface HeldBack {
  readonly value: unknown;
  readonly origin: Origin;
}

/** Everything that the environment, files and flags say, parsed once and deep-frozen. */
export interface Config extends ConfigValues {
  readonly origins: Readonly<Record<ConfigProperty, Origin>>;
  readonly heldBack: Readonly<Partial<Record<ConfigProperty, HeldBack>>>;
  /** The files in force that came with the working directory. */
  readonly projectFiles: readonly ProjectFile[];
  /** The wan.toml in force, absolute. */
  readonly configFile: string | undefined;
  /** The .env that was read, absolute. */
  readonly dotEnvFile: string | undefined;
  readonly secrets: Secrets;
  /** The directory of the user's own wan.toml and stored credentials, absolute, whether or not it exists. */
  readonly userConfigDir: string;
  /** Variables among `secrets` that only .env sets: they came with the working directory. */
  readonly secretsFromDotEnv: readonly string[];
  readonly awsFiles: AwsFiles;
  readonly cwd: string;
  readonly homeDir: string;
  readonly platform: NodeJS.Platform;
}

/** Values that the command line has already parsed; `undefined` means not given. */
export type ConfigFlags = { readonly [P in ConfigProperty]?: ConfigValues[P] | undefined };
