/**
 * Credentials that the user stored: the secret in the keyring, or where there is none in the record itself. Each has a record of its own in a
 * folder that only the user can enter, so that two log-ins at once do not lose one another, and nobody without a log-in ever wakes the keyring.
 */
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { isModelError, ModelError } from '../domain/errors.ts';
import { KeyringUnavailable, readFromKeyring, removeFromKeyring, saveInKeyring } from './keyring.ts';
import { leftOverFiles, namesIn, UNFINISHED_MS } from './left-over-files.ts';
import { isTemporaryOf, readPrivateFile, removePrivateFile, writePrivateFile } from './private-file.ts';
import type { Service } from './services.ts';
import { type CredentialRecord, parseRecord, parseSecretParts, type SecretParts, type StoredCredential } from './stored-credential.ts';

/** Names that we give: `hf@https%3A%2F%2Fhuggingface.co.json`. */
const RECORD_NAME = /^(?:hf|s3|github)@(?:%3A|%2F|%5B|%5D|[\w.-])+\.json$/;

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
    return (await namesIn(this.#directory)).filter((name) => RECORD_NAME.test(name)).map((name) => join(this.#directory, name));
  }

  /** What killed log-ins left. */
  unfinished(): Promise<readonly string[]> {
    return leftOverFiles(this.#directory, UNFINISHED_MS);
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

  /** A keyring has no list that we could search: that it may have an entry is on disk before it does, and as long as it may. */
  async save({ secret, ...about }: ToStore): Promise<Kept> {
    const path = this.#pathOf(about.service, about.origin);
    const common = { version: 1, ...about, stored_at: new Date().toISOString() } as const;
    const before = await this.#known(path);
    if (this.#usesKeyring) await writeRecord(path, announced(before === 'unusable' ? undefined : before, common));
    const problem = this.#usesKeyring ? await this.#tryKeyring(about, secret) : 'keyring = "off"';
    const inFile: CredentialRecord = { ...common, kept: 'file', secret, ...(mayHaveEntry(before) && { keyring_too: true }) };
    await writeRecord(path, problem === undefined ? { ...common, kept: 'keyring' } : inFile);
    await this.#removeLeftOvers(path, UNFINISHED_MS);
    return problem === undefined ? { place: 'keyring' } : { place: path, keyringProblem: problem };
  }

  /**
   * Whatever there is of it: the secret, the entry of the keyring, what killed log-ins left, and last the record.
   * @returns whether there was anything @throws ModelError AUTH_FAIL, keyring_unavailable: the record stays, so that it can be tried again
   */
  async remove(service: Service, origin: string): Promise<boolean> {
    const path = this.#pathOf(service, origin);
    const leftOvers = await this.#removeLeftOvers(path, 0);
    const record = await this.#known(path);
    if (record === undefined) return leftOvers > 0;
    if (record === 'unusable') await this.#removeEntryIfAny(service, origin);
    else if (mayHaveEntry(record)) {
      if (record.kept === 'file') await writeRecord(path, withoutSecret(record));
      await explained(() => removeFromKeyring(accountOf(service, origin)));
    }
    await removePrivateFile(path);
    return true;
  }

  async #removeLeftOvers(record: string, olderThanMs: number): Promise<number> {
    const mine = (await leftOverFiles(this.#directory, olderThanMs)).filter((path) => isTemporaryOf(record, path));
    for (const path of mine) await removePrivateFile(path);
    return mine.length;
  }

  /** One that must not be read can still be replaced and removed. */
  async #known(path: string): Promise<CredentialRecord | 'unusable' | undefined> {
    try {
      return await this.#record(path);
    } catch (error) {
      if (isModelError(error) && ['credentials_exposed', 'credentials_invalid'].includes(error.reason ?? '')) return 'unusable';
      throw error;
    }
  }

  /** What a damaged record was for, nobody knows. */
  async #removeEntryIfAny(service: Service, origin: string): Promise<void> {
    if (!this.#usesKeyring) return;
    try {
      await removeFromKeyring(accountOf(service, origin));
    } catch (error) {
      if (!(error instanceof KeyringUnavailable)) throw error;
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

/** What the record says before the keyring is written to: what was stored stays good until it is replaced. */
const announced = (before: CredentialRecord | undefined, common: Omit<CredentialRecord, 'kept'>): CredentialRecord =>
  before === undefined ? { ...common, kept: 'keyring' } : before.kept === 'keyring' ? before : { ...before, keyring_too: true };

const writeRecord = (path: string, record: CredentialRecord): Promise<void> =>
  writePrivateFile(path, `${JSON.stringify(record, null, 2)}\n`);

const mayHaveEntry = (record: CredentialRecord | 'unusable' | undefined): boolean =>
  typeof record === 'object' && (record.kept === 'keyring' || record.keyring_too === true);

function withoutSecret({ secret: _, keyring_too: __, ...about }: CredentialRecord): CredentialRecord {
  return { ...about, kept: 'keyring' };
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
