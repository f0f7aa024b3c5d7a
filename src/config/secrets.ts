import { Secret } from '../domain/secret.ts';
import type { Environment } from './process-environment.ts';

/** Variables that hold credentials: never shown, not even by `wan config show`. */
export const SECRET_NAMES = [
  'HF_TOKEN',
  'HUGGING_FACE_HUB_TOKEN',
  'GITHUB_TOKEN',
  'GH_TOKEN',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
  'OTEL_EXPORTER_OTLP_METRICS_HEADERS',
] as const;

export type SecretName = (typeof SECRET_NAMES)[number];
export type Secrets = Readonly<Partial<Record<SecretName, Secret>>>;

/** Line breaks and white space around it taken off; absent where the variable is not set or empty. */
export function secretFromEnv(env: Environment, name: string): Secret | undefined {
  const text = env[name]?.replace(/[\r\n]/g, '').trim();
  return text === undefined || text === '' ? undefined : new Secret(text);
}

export function secretsFromEnv(env: Environment): Secrets {
  const found = SECRET_NAMES.flatMap((name) => {
    const secret = secretFromEnv(env, name);
    return secret === undefined ? [] : [[name, secret] as const];
  });
  return Object.fromEntries(found);
}
