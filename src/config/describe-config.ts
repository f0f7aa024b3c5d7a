import type { Config, Origin } from './config.ts';
import { CONFIG_PROPERTIES, configKeyOf } from './config-keys.ts';

/** One line of `wan config show`. */
export interface ConfigLine {
  readonly key: string;
  readonly group: string;
  /** For people: units written out, secrets and passwords left out, `-` where nothing is set. */
  readonly shown: string;
  readonly origin: Origin;
  /** What a project's file says, which is not in force. */
  readonly heldBack?: { readonly shown: string; readonly origin: Origin };
  readonly description: string;
}

/** Every key with its value and where that came from, in the order of the table. */
export function describeConfig(config: Config): readonly ConfigLine[] {
  return CONFIG_PROPERTIES.map((property) => {
    const { key, group, type, description } = configKeyOf(property);
    const value = config[property];
    const shown = value === undefined && config.origins[property].from === 'default' ? '-' : type.show(value) || '-';
    const heldBack = config.heldBack[property];
    return {
      key,
      group,
      shown,
      origin: config.origins[property],
      ...(heldBack && { heldBack: { shown: type.show(heldBack.value), origin: heldBack.origin } }),
      description,
    };
  });
}
