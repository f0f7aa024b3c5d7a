/** What is kept of a log-in: one small JSON record for each service and origin. */
import { ModelError } from '../domain/errors.ts';
import { SERVICES, type Service } from './services.ts';

/** The secret part: of `hf` and `github` a token, of `s3` keys. */
export interface SecretParts {
  readonly token?: string;
  readonly access_key_id?: string;
  readonly secret_access_key?: string;
  readonly session_token?: string;
}

/** Everything but the secret. */
export interface StoredCredential {
  readonly service: Service;
  readonly origin: string;
  readonly kept: 'keyring' | 'file';
  /** ISO 8601. */
  readonly stored_at: string;
  /** Name at the service, where it was asked. */
  readonly account?: string;
  /** ISO 8601, where the service tells it. */
  readonly expires_at?: string;
}

export interface CredentialRecord extends StoredCredential {
  readonly version: 1;
  /** Only where no keyring keeps it. */
  readonly secret?: SecretParts;
  /** A log-in was about to move the secret to the keyring: it may have an entry as well. */
  readonly keyring_too?: true;
}

const OPTIONAL = ['account', 'expires_at'] as const;

/** @throws ModelError INVALID_CONFIG, credentials_invalid */
export function parseRecord(text: string, path: string): CredentialRecord {
  const record = parseObject(text, path) as Partial<Record<keyof CredentialRecord, unknown>>;
  const { version, service, origin, kept, stored_at: storedAt } = record;
  const isOurs = version === 1 && SERVICES.includes(service as Service) && typeof origin === 'string' && typeof storedAt === 'string';
  const hasSecret = kept === 'keyring' || (kept === 'file' && isSecretParts(record.secret, service as Service));
  const isSound = OPTIONAL.every((key) => record[key] === undefined || typeof record[key] === 'string');
  if (isOurs && hasSecret && isSound) return record as CredentialRecord;
  throw invalid(path);
}

/** @param where names the place for people @throws ModelError INVALID_CONFIG, credentials_invalid */
export function parseSecretParts(text: string, service: Service, where: string): SecretParts {
  const parts = parseObject(text, where);
  if (isSecretParts(parts, service)) return parts;
  throw invalid(where);
}

/** All that the service asks for, and nothing empty. */
function isSecretParts(parts: unknown, service: Service): parts is SecretParts {
  if (typeof parts !== 'object' || parts === null) return false;
  const needed = service === 's3' ? (['access_key_id', 'secret_access_key'] as const) : (['token'] as const);
  const isText = (part: unknown): boolean => typeof part === 'string' && part !== '';
  return needed.every((name) => isText((parts as SecretParts)[name])) && Object.values(parts).every(isText);
}

function parseObject(text: string, where: string): object {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch (error) {
    // Its message may quote the text, and with it a secret.
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw invalid(where);
}

const invalid = (where: string): ModelError =>
  new ModelError('INVALID_CONFIG', `${where} holds no credential of wan`, {
    reason: 'credentials_invalid',
    hint: 'remove it, then run `wan auth login` again',
  });
