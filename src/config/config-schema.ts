import { CONFIG_PROPERTIES, configKeyOf } from './config-keys.ts';

/** JSON Schema of wan.toml, for editors: published as schemas/config.v1.json, which a test keeps equal to this. */
export function configSchema(): Readonly<Record<string, unknown>> {
  const properties = CONFIG_PROPERTIES.map((property) => {
    const { key, type, description } = configKeyOf(property);
    return [key, { description: `${description} Allowed: ${type.allowed}.`, ...type.schema }] as const;
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'wan.toml',
    description: 'Configuration of wan-models, version 1.',
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(properties),
  };
}
