/**
 * Credentials that the user stored: the secret in the keyring, or where there is none in the record itself. Each has a record of its own in a
 * folder that only the user can enter, so that two log-ins at once do not lose one another, and nobody without a log-in ever wakes the keyring.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { isModelError, ModelError } from '../domain/errors.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import { KeyringUnavailable, readFromKeyring, removeFromKeyring, saveInKeyring } from './keyring.ts';
import { isTemporaryOf, readPrivateFile, writePrivateFile } from './private-file.ts';
import type { Service } from './services.ts';
import { type CredentialRecord, parseRecord, parseSecretParts, type SecretParts, type StoredCredential } from './stored-credential.ts';

/** Names that we give: `hf@https%3A%2F%2Fhuggingface.co.json`, and while it is written the same with a uuid and `.tmp`. */
const RECORD_NAME = /^(?:hf|s3|github)@(?:%3A|%2F|%5B|%5D|[\w.-])+\.json$/;
const TEMPORARY_NAME = /^(?:hf|s3|github)@(?:%3A|%2F|%5B|%5D|[\w.-])+\.json\.[0-9a-f-]{36}\.tmp$/;
/** Writing one takes milliseconds: an older one has no writer any more. */
const UNFINISHED_MS = 60_000;

export interface ToStore extends Pick<StoredCredential, 'service' | 'origin' | 'account' | 'expires_at'> {
  readonly secret: SecretParts;
}

export interface Kept {
  /** For people: `keyring`, or the path of the file. */
  readonly place: string;
  /** Why the keyring did not take it. */
  readonly keyringProblem?: string;
}

export class CredentialStore {
  readonly #directory: string;
  readonly #usesKeyring: boolean;

  constructor({ userConfigDir, keyring }: Pick<Config, 'userConfigDir' | 'keyring'>) {
    this.#directory = join(userConfigDir, 'credentials');
    this.#usesKeyring = keyring === 'auto';
  }

  /** @throws ModelError AUTH_FAIL (credentials_exposed), INVALID_CONFIG (credentials_invalid), PERMISSION_DENIED */
  async find(service: Service, origin: string): Promise<StoredCredential | undefined> {
    return this.#record(this.#pathOf(service, origin));
  }

  /** Names of all records; each may still be one that cannot be read. */
  async paths(): Promise<readonly string[]> {
    return (await this.#names()).filter((name) => RECORD_NAME.test(name)).map((name) => join(this.#directory, name));
  }

  /** What killed log-ins left: files of the user's alone, with a secret that nothing reads. */
  async unfinished(): Promise<readonly string[]> {
    const paths = (await this.#names()).filter((name) => TEMPORARY_NAME.test(name)).map((name) => join(this.#directory, name));
    const ages = await Promise.all(paths.map(async (path) => [path, await ageMs(path)] as const));
    return ages.filter(([, age]) => age !== undefined && age > UNFINISHED_MS).map(([path]) => path);
  }

  /** @throws as `find` */
  at(path: string): Promise<StoredCredential | undefined> {
    return this.#record(path);
  }

  /** For people: where its secret is. */
  placeOf({ kept, service, origin }: StoredCredential): string {
    return kept === 'keyring' ? 'keyring' : this.#pathOf(service, origin);
  }

  /** @throws ModelError AUTH_FAIL, keyring_unavailable or keyring_entry_missing */
  async secretOf({ service, origin }: StoredCredential): Promise<SecretParts> {
    const record = await this.#record(this.#pathOf(service, origin));
    if (record?.secret !== undefined) return record.secret;
    const text = await explained(() => readFromKeyring(accountOf(service, origin)));
    if (text !== undefined) return parseSecretParts(text, service, 'the entry in the keyring');
    throw new ModelError('AUTH_FAIL', `the keyring has no entry ${accountOf(service, origin)} any more`, {
      reason: 'keyring_entry_missing',
      hint: `run \`wan auth login ${service}\` again, or \`wan auth logout ${service}\``,
    });
  }

  /** A keyring has no list that we could search: that it may have an entry is on disk before it does. */
  async save({ secret, ...about }: ToStore): Promise<Kept> {
    const path = this.#pathOf(about.service, about.origin);
    const common = { version: 1, ...about, stored_at: new Date().toISOString() } as const;
    if (this.#usesKeyring) await writeRecord(path, announced(await this.#sound(path), common));
    const problem = this.#usesKeyring ? await this.#tryKeyring(about, secret) : 'keyring = "off"';
    const record: CredentialRecord = problem === undefined ? { ...common, kept: 'keyring' } : { ...common, kept: 'file', secret };
    await writeRecord(path, record);
    await this.#removeUnfinished(path, await this.unfinished());
    return problem === undefined ? { place: 'keyring' } : { place: path, keyringProblem: problem };
  }

  /**
   * Whatever there is of it: entry, record, and what killed log-ins left.
   * @returns whether there was anything @throws ModelError AUTH_FAIL, keyring_unavailable: the record stays, so that it can be tried again
   */
  async remove(service: Service, origin: string): Promise<boolean> {
    const path = this.#pathOf(service, origin);
    const leftOver = (await this.#names()).filter((name) => TEMPORARY_NAME.test(name)).map((name) => join(this.#directory, name));
    const removed = await this.#removeUnfinished(path, leftOver);
    const record = await this.#recordToRemove(path);
    if (record === undefined) return removed;
    if (record.kept === 'keyring' || record.keyring_too === true) await explained(() => removeFromKeyring(accountOf(service, origin)));
    await rm(path, { force: true });
    return true;
  }

  async #names(): Promise<readonly string[]> {
    try {
      return (await readdir(this.#directory)).sort();
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
      throw fsError(error, `list ${this.#directory}`);
    }
  }

  /** @returns whether one of them was of this record */
  async #removeUnfinished(record: string, candidates: readonly string[]): Promise<boolean> {
    const mine = candidates.filter((path) => isTemporaryOf(record, path));
    for (const path of mine) await rm(path, { force: true });
    return mine.length > 0;
  }

  /** The record that is there, where it is one. */
  async #sound(path: string): Promise<CredentialRecord | undefined> {
    try {
      return await this.#record(path);
    } catch (error) {
      if (isModelError(error) && isUnusable(error)) return undefined;
      throw error;
    }
  }

  /** One that must not be read must still be removable. */
  async #recordToRemove(path: string): Promise<Pick<CredentialRecord, 'kept' | 'keyring_too'> | undefined> {
    try {
      return await this.#record(path);
    } catch (error) {
      if (isModelError(error) && isUnusable(error)) return { kept: 'file' };
      throw error;
    }
  }

  async #tryKeyring({ service, origin }: Pick<ToStore, 'service' | 'origin'>, secret: SecretParts): Promise<string | undefined> {
    try {
      await saveInKeyring(accountOf(service, origin), JSON.stringify(secret));
      return undefined;
    } catch (error) {
      if (error instanceof KeyringUnavailable) return error.message;
      throw error;
    }
  }

  async #record(path: string): Promise<CredentialRecord | undefined> {
    const text = await readPrivateFile(path);
    return text === undefined ? undefined : parseRecord(text, path);
  }

  #pathOf(service: Service, origin: string): string {
    return join(this.#directory, `${service}@${encodeURIComponent(origin)}.json`);
  }
}

/** Before the keyring is written to: what was stored stays good until it is replaced. */
const announced = (before: CredentialRecord | undefined, common: Omit<CredentialRecord, 'kept'>): CredentialRecord =>
  before === undefined ? { ...common, kept: 'keyring' } : before.kept === 'keyring' ? before : { ...before, keyring_too: true };

const writeRecord = (path: string, record: CredentialRecord): Promise<void> =>
  writePrivateFile(path, `${JSON.stringify(record, null, 2)}\n`);

const isUnusable = ({ reason = '' }: ModelError): boolean => ['credentials_exposed', 'credentials_invalid'].includes(reason);

async function ageMs(path: string): Promise<number | undefined> {
  try {
    return Date.now() - (await stat(path)).mtimeMs;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw fsError(error, `look at ${path}`);
  }
}

const accountOf = (service: Service, origin: string): string => `${service}@${origin}`;

async function explained<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof KeyringUnavailable)) throw error;
    throw new ModelError('AUTH_FAIL', `the keyring cannot be used: ${error.message}`, {
      reason: 'keyring_unavailable',
      hint: 'unlock it (it needs the session of a desktop), or run `wan auth login` again with WAN_KEYRING=off',
      cause: error,
    });
  }
}
