/** S3 keys that nobody stored with us: those of the environment, or of .env. */
import type { Config } from '../config/config.ts';
import type { Secret } from '../domain/secret.ts';
import { distrustedEndpoint } from './endpoint-trust.ts';

export interface AmbientKeys {
  readonly accessKeyId: Secret;
  readonly secretAccessKey: Secret;
  readonly sessionToken?: Secret | undefined;
  /** Why nothing is signed with them at the endpoint that is configured. */
  readonly withheld?: string;
}

const NAMES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const;

export function ambientKeys(config: Config): AmbientKeys | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = config.secrets;
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  const set = NAMES.filter((name) => config.secrets[name] !== undefined);
  const isInDotEnv = set.every((name) => config.secretsFromDotEnv.includes(name));
  const withheld = distrustedEndpoint(config, 's3', isInDotEnv);
  return { accessKeyId, secretAccessKey, sessionToken, ...(withheld !== undefined && { withheld }) };
}

/** One of two keys, which is of no use to anybody. */
export interface HalfKeys {
  /** Name of the variable. */
  readonly there: 'AWS_ACCESS_KEY_ID' | 'AWS_SECRET_ACCESS_KEY';
  readonly problem: string;
}

export function halfKeys({ secrets }: Config): HalfKeys | undefined {
  const [id, secret] = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const;
  if ((secrets[id] === undefined) === (secrets[secret] === undefined)) return undefined;
  const [there, missing] = secrets[id] === undefined ? [secret, id] : [id, secret];
  return { there, problem: `${there} is set, and ${missing} is not` };
}
