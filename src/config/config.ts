import type { AwsFiles } from './aws-files.ts';
import type { ConfigProperty, ConfigValues } from './config-keys.ts';
import type { Secrets } from './secrets.ts';

/** Where a value came from. */
export interface Origin {
  readonly from: 'flag' | 'env' | '.env' | 'file' | 'default';
  /** Name of the environment variable, or `file:line:column`. */
  readonly where?: string;
}

/** Everything that the environment, files and flags say, parsed once and deep-frozen. */
export interface Config extends ConfigValues {
  readonly origins: Readonly<Record<ConfigProperty, Origin>>;
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
