import { ModelError } from '../domain/errors.ts';

/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** `wan.toml:3:1`, or the name of an environment variable. */
  readonly where: string;
  readonly key?: string;
  readonly message: string;
}

/** INVALID_CONFIG with every problem, one a line. */
export function invalidConfig(problems: readonly ConfigProblem[]): ModelError {
  const lines = problems.map(({ where, message }) => `${where} ${message}`);
  const head = lines.length === 1 ? '' : `${lines.length} problems in the configuration:\n`;
  return new ModelError('INVALID_CONFIG', head + lines.join('\n'), {
    hint: 'correct what is named above; docs/configuration.md lists every key',
    details: { problems },
  });
}
