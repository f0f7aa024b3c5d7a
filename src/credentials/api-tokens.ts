/**
 * The tokens that the service takes: one small file each, with a hash in place of the secret, in a folder that only the user can enter. Two
 * that are made at once do not lose one another, and one that is revoked is gone with its file.
 */
import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { isModelError, ModelError } from '../domain/errors.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import { Secret } from '../domain/secret.ts';
import {
  type ApiToken,
  type ApiTokenRecord,
  idOfToken,
  isTokenId,
  isTokenOf,
  parseTokenRecord,
  type Scope,
  tokenDigest,
} from './api-token.ts';
import { namesIn } from './left-over-files.ts';
import { readPrivateFile, removePrivateFile, writePrivateFile } from './private-file.ts';

/** Without letters that are taken for one another; 32 of them, so that each byte gives one. */
const LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789';
const ID_LETTERS = 12;
const SECRET_BYTES = 32;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._ @-]{0,63}$/;

export interface NewToken {
  readonly name: string;
  readonly scope: Scope;
  readonly expiresAt?: Date;
}

export interface ListedToken extends ApiToken {
  readonly is_expired: boolean;
}

/** A file among them that cannot be used, and why. */
export interface BrokenToken {
  readonly path: string;
  readonly error: ModelError;
}

export class ApiTokens {
  readonly directory: string;

  constructor({ userConfigDir }: Pick<Config, 'userConfigDir'>) {
    this.directory = join(userConfigDir, 'api-tokens');
  }

  /** The token is told once, here, and kept nowhere. @throws ModelError INVALID_INPUT for a name that is taken or is none */
  async create({ name, scope, expiresAt }: NewToken): Promise<{ readonly token: Secret; readonly about: ApiToken }> {
    if (!NAME.test(name)) throw badName(name);
    const { tokens } = await this.list();
    if (tokens.some((one) => one.name === name)) throw nameTaken(name);
    const id = [...randomBytes(ID_LETTERS)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
    const token = `wan_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
    const about: ApiToken = {
      ...{ id, name, scope, created_at: new Date().toISOString() },
      ...(expiresAt && { expires_at: expiresAt.toISOString() }),
    };
    const record: ApiTokenRecord = { version: 1, ...about, sha256: tokenDigest(token) };
    await writePrivateFile(this.#path(id), `${JSON.stringify(record, null, 2)}\n`);
    return { token: new Secret(token), about };
  }

  /** Oldest first. What cannot be read is told, and lets nobody in. */
  async list(): Promise<{ readonly tokens: readonly ListedToken[]; readonly broken: readonly BrokenToken[] }> {
    const tokens: ListedToken[] = [];
    const broken: BrokenToken[] = [];
    for (const id of await this.#ids()) {
      try {
        const record = await this.#read(id);
        if (record !== undefined) tokens.push(listed(record));
      } catch (error) {
        if (!isModelError(error)) throw error;
        broken.push({ path: this.#path(id), error });
      }
    }
    return { tokens: tokens.sort((a, b) => a.created_at.localeCompare(b.created_at)), broken };
  }

  /** Whether there is one, usable or not. */
  async isAny(): Promise<boolean> {
    return (await this.#ids()).length > 0;
  }

  /** Whether there ever was one: then nobody is let in without. To take the last one back opens nothing. */
  async wereMade(): Promise<boolean> {
    try {
      return (await stat(this.directory)).isDirectory();
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return false;
      throw fsError(error, `look at ${this.directory}`);
    }
  }

  /** @param idOrName of the token, or of several: two that were made at once may have one name @returns the ids of those that are gone @throws ModelError PERMISSION_DENIED, … */
  async revoke(idOrName: string): Promise<readonly string[]> {
    const ids = await this.#ids();
    const named = async () => (await this.list()).tokens.filter(({ name }) => name === idOrName).map(({ id }) => id);
    const revoked = ids.includes(idOrName) ? [idOrName] : await named();
    for (const id of revoked) await removePrivateFile(this.#path(id));
    return revoked;
  }

  /** What a token is good for; undefined for one that was never made, was revoked, or is not its own. Expired ones are told. */
  async find(token: string): Promise<ListedToken | undefined> {
    const id = idOfToken(token);
    const record = id === undefined ? undefined : await this.#read(id);
    return record !== undefined && isTokenOf(token, record) ? listed(record) : undefined;
  }

  async #ids(): Promise<readonly string[]> {
    return (await namesIn(this.directory)).flatMap((name) => {
      const id = name.endsWith('.json') ? name.slice(0, -'.json'.length) : '';
      return isTokenId(id) ? [id] : [];
    });
  }

  async #read(id: string): Promise<ApiTokenRecord | undefined> {
    const path = this.#path(id);
    const text = await readPrivateFile(path);
    return text === undefined ? undefined : parseTokenRecord(text, path);
  }

  #path(id: string): string {
    return join(this.directory, `${id}.json`);
  }
}

function listed({ version: _, sha256: __, ...about }: ApiTokenRecord): ListedToken {
  return { ...about, is_expired: about.expires_at !== undefined && Date.parse(about.expires_at) <= Date.now() };
}

const badName = (name: string): ModelError =>
  new ModelError('INVALID_INPUT', `${JSON.stringify(name)} is no name for a token`, {
    reason: 'token_name_invalid',
    hint: 'use letters, digits, spaces and ._@-, at most 64: `wan auth token create gateway --scope write`',
  });

const nameTaken = (name: string): ModelError =>
  new ModelError('INVALID_INPUT', `there is a token named ${JSON.stringify(name)} already`, {
    reason: 'token_name_taken',
    hint: 'choose another name, or revoke that one first: `wan auth token revoke`',
  });
