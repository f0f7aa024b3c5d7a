/** The text of a configuration file -> its values. A file of its own: most runs have no such file, and none of them loads the parser. */
import { parse, TomlError } from 'smol-toml';
import { invalidConfig } from './config-problem.ts';

export function parseToml(path: string, text: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [what = ''] = error.message.replace('Invalid TOML document: ', '').split('\n');
    throw invalidConfig([{ where: `${path}:${error.line}:${error.column}`, message: `is not valid TOML: ${what}` }]);
  }
}
