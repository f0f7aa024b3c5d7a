/** How one kind of configuration value is read from text or TOML, and shown. */

export interface ParseContext {
  /** Absolute directory that relative paths start from: the working directory, or that of the file. */
  readonly baseDir: string;
  readonly homeDir: string;
  readonly platform: NodeJS.Platform;
}

export interface ValueType<T> {
  /** What is allowed, for messages and documents: "a whole number from 1 to 64". */
  readonly allowed: string;
  /** JSON Schema of what a wan.toml may hold here. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** `raw` is a TOML value, or the text of an environment variable. `undefined`: not allowed. */
  parse(raw: unknown, context: ParseContext): { readonly value: T } | undefined;
  /** What is wrong with each part of a value that is not allowed. */
  problemsOf?(raw: unknown): readonly string[];
  /** A value that is not allowed may hold a password, so messages do not repeat it. */
  readonly mayHoldSecret?: boolean;
  /** For people; never shows a secret. */
  show(value: T): string;
}
