import { type ConfigProperty, type ConfigValues, configKeyOf } from './config-keys.ts';
import { invalidConfig } from './config-problem.ts';
import { describeBadValue } from './describe-bad-value.ts';
import type { ParseContext } from './value-type.ts';

export interface FlagInput {
  /** As the user wrote it, for the message: `--limit-rate`. */
  readonly flag: string;
  readonly text: string;
  readonly context: ParseContext;
}

/** The value of a command line flag, by the rules of its key. @throws ModelError INVALID_CONFIG */
export function parseConfigValue<P extends ConfigProperty>(property: P, { flag, text, context }: FlagInput): ConfigValues[P] {
  const key = configKeyOf(property);
  const parsed = key.type.parse(text, context);
  if (parsed !== undefined) return parsed.value as ConfigValues[P];
  throw invalidConfig([{ where: flag, key: key.key, message: describeBadValue(key, text) }]);
}
