import type { ValueType } from './value-type.ts';

/** A name under which the environment may hold a value. */
export interface EnvName {
  readonly name: string;
  /** Adapts the convention of the variable's owner to ours; undefined: its value says nothing to us. */
  readonly adapt?: (text: string) => string | undefined;
}

/** What becomes of a value that only a file of somebody's project says, until the user trusts that file (docs/decisions/0012). */
export type ProjectRule =
  /** It is in force as the user's own is. */
  | 'in-force'
  /** It is not in force. */
  | 'held-back'
  /** It is in force, and what it names gets no credential that was not stored for it. */
  | 'without-credentials';

export interface ConfigKey<T> {
  /** Name in wan.toml, snake_case. */
  readonly key: string;
  readonly type: ValueType<T>;
  /** In order of precedence. */
  readonly env: readonly EnvName[];
  readonly default: T;
  /** What documents say where the default depends on the machine. */
  readonly defaultText?: string;
  /** The values of all environment variables that are set add up (lists only); otherwise the first one wins. */
  readonly addUp?: boolean;
  /** Absent: `in-force`. */
  readonly fromProject?: ProjectRule;
  readonly group: string;
  readonly description: string;
}

/** What the table says of a key; the rest follows from it. */
export type Row<T> = Omit<ConfigKey<T>, 'env' | 'group'> & {
  /** Names besides WAN_<KEY>, which comes first unless it is in this list itself. */
  readonly env?: readonly (string | EnvName)[];
};

/** Of a key that says where bytes and secrets go, or whom to believe: somebody has to have thought about the rule. */
export type GuardedRow<T> = Row<T> & { readonly fromProject: ProjectRule };

export function row<T>(group: string, { env = [], ...key }: Row<T>): ConfigKey<T> {
  const own = `WAN_${key.key.toUpperCase()}`;
  const others = env.map((name) => (typeof name === 'string' ? { name } : name));
  return { ...key, group, env: others.some(({ name }) => name === own) ? others : [{ name: own }, ...others] };
}
