/** Tokens of the service: what one looks like, and what is kept of it. */
import { hash, timingSafeEqual } from 'node:crypto';
import { ModelError } from '../domain/errors.ts';

/** Each may do what those before it may. */
export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Everything but the secret. */
export interface ApiToken {
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly scope: Scope;
  /** ISO 8601. */
  readonly created_at: string;
  /** ISO 8601; absent: until it is revoked. */
  readonly expires_at?: string;
}

export interface ApiTokenRecord extends ApiToken {
  readonly version: 1;
  /** sha256 of the whole token. Its 256 random bits need no slower one. */
  readonly sha256: string;
}

const SHAPE = /^wan_([a-z0-9]{12})_[A-Za-z0-9_-]{43}$/;
const ID = /^[a-z0-9]{12}$/;
const HEX = /^[0-9a-f]{64}$/;

export const isTokenId = (text: string): boolean => ID.test(text);

/** The id in it; undefined for whatever is no token of ours. */
export const idOfToken = (token: string): string | undefined => SHAPE.exec(token)?.[1];

export const tokenDigest = (token: string): string => hash('sha256', token);

/** Takes as long whatever differs. */
export const isTokenOf = (token: string, { sha256 }: ApiTokenRecord): boolean =>
  timingSafeEqual(Buffer.from(tokenDigest(token), 'hex'), Buffer.from(sha256, 'hex'));

export const allows = (held: Scope, asked: Scope): boolean => SCOPES.indexOf(held) >= SCOPES.indexOf(asked);

/** @throws ModelError INVALID_CONFIG, token_record_invalid */
export function parseTokenRecord(text: string, path: string): ApiTokenRecord {
  const record = parsed(text);
  if (record !== undefined && isSound(record)) return record as unknown as ApiTokenRecord;
  throw new ModelError('INVALID_CONFIG', `${path} is no record of a token of the service`, {
    reason: 'token_record_invalid',
    hint: 'remove it, and make a new token with `wan auth token create`',
  });
}

function isSound(record: Readonly<Record<string, unknown>>): boolean {
  const { version, id, name, scope, created_at: createdAt, expires_at: expiresAt, sha256 } = record;
  const isText = (...values: unknown[]): boolean => values.every((value) => typeof value === 'string');
  if (version !== 1 || !isText(id, name, createdAt, sha256)) return false;
  const isMoment = (value: unknown): boolean => typeof value === 'string' && !Number.isNaN(Date.parse(value));
  return (
    ID.test(id as string) &&
    HEX.test(sha256 as string) &&
    SCOPES.includes(scope as Scope) &&
    (expiresAt === undefined || isMoment(expiresAt))
  );
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
