/** Keys to sign with: those stored for the endpoint, those of the environment, or what the AWS SDK's chain finds. */
import { shownWithPlace } from '../../credentials/mask-credential.ts';
import { throwIfCancelled } from '../../domain/cancelled.ts';
import { ModelError } from '../../domain/errors.ts';
import { Secret } from '../../domain/secret.ts';
import { unlessAborted } from '../../util/unless-aborted.ts';
import type { CredentialSource } from '../credentials.ts';
import { type ChainKeys, createKeyChain, type KeyChain } from './key-chain.ts';
import type { S3Config } from './s3-config.ts';

export interface S3Keys {
  /** Where they were found, for people. */
  readonly from: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken?: Secret | undefined;
  /** Epoch milliseconds. */
  readonly validUntilMs?: number | undefined;
}

export interface KeySourceOptions extends Pick<S3Config, 'keys' | 'keysProblem' | 'profile' | 'withheld'> {
  readonly credentials: CredentialSource;
  readonly nowMs: () => number;
}

/** Outside AWS the chain asks an address that nobody answers; with many files once is enough. */
const FAILURE_KEPT_MS = 30_000;
const HINT =
  'run `wan auth login s3`, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or s3_profile; for a public bucket set s3_anonymous = true';
const PROFILE_HINT =
  'correct it in the shared AWS files, or name another one as s3_profile (AWS_PROFILE); keys that `wan auth login s3` stores come before it';
const LOOKING = 'looking for S3 credentials';
const OF_ENVIRONMENT = 'AWS_ACCESS_KEY_ID';

export class KeySource {
  readonly #options: KeySourceOptions;
  #chain: Promise<KeyChain> | undefined;
  #failure: { readonly error: ModelError; readonly untilMs: number } | undefined;
  #mustRefresh = false;

  constructor(options: KeySourceOptions) {
    this.#options = options;
  }

  /** The service says that the keys have ended: those that can be had anew are. */
  expire(): void {
    this.#mustRefresh = true;
  }

  /** Where {@link keys} would look, for people; of the chain's places only the chain itself, which may have to ask a network, knows. */
  async placeOfKeys(endpointOrigin: string | undefined): Promise<string | undefined> {
    const { credentials, keys, profile, withheld } = this.#options;
    const stored = await credentials.s3Keys(endpointOrigin);
    if (stored !== undefined) return shownWithPlace(stored.from, stored.accessKeyId);
    if (withheld !== undefined && keys === undefined) return undefined;
    if (keys === undefined || (profile !== undefined && withheld === undefined)) return this.#placeOfChain;
    return shownWithPlace(OF_ENVIRONMENT, keys.accessKeyId.reveal());
  }

  /** @returns undefined where those that there may be are withheld @throws ModelError AUTH_FAIL where there are none, CANCELLED */
  async keys(endpointOrigin: string | undefined, signal: AbortSignal): Promise<S3Keys | undefined> {
    throwIfCancelled(signal, LOOKING);
    const { credentials, keys, profile, withheld } = this.#options;
    const stored = await credentials.s3Keys(endpointOrigin);
    if (stored !== undefined) return stored;
    if (withheld !== undefined && keys === undefined) return undefined;
    if (keys !== undefined && (profile === undefined || withheld !== undefined))
      return { ...keys, accessKeyId: keys.accessKeyId.reveal(), from: OF_ENVIRONMENT };
    return unlessAborted(this.#fromChain(), signal, LOOKING);
  }

  get #placeOfChain(): string {
    const { profile } = this.#options;
    return profile === undefined ? 'AWS credential chain' : `AWS profile ${profile}`;
  }

  async #fromChain(): Promise<S3Keys> {
    const { nowMs } = this.#options;
    if (this.#failure !== undefined && nowMs() < this.#failure.untilMs) throw this.#failure.error;
    this.#chain ??= createKeyChain(this.#options.profile);
    const chain = await this.#chain;
    const forceRefresh = this.#mustRefresh;
    this.#mustRefresh = false;
    try {
      return { ...keysOf(await chain.keys({ forceRefresh })), from: this.#placeOfChain };
    } catch (cause) {
      const error = noKeys(cause, chain.explain(cause), this.#options);
      this.#failure = { error, untilMs: nowMs() + FAILURE_KEPT_MS };
      this.#chain = undefined;
      throw error;
    }
  }
}

function keysOf({ accessKeyId, secretAccessKey, sessionToken, expiration }: ChainKeys): Omit<S3Keys, 'from'> {
  return {
    accessKeyId,
    secretAccessKey: new Secret(secretAccessKey),
    sessionToken: sessionToken === undefined ? undefined : new Secret(sessionToken),
    validUntilMs: expiration?.getTime(),
  };
}

function noKeys(cause: unknown, faults: readonly string[], { profile, keysProblem }: KeySourceOptions): ModelError {
  const known = profile === undefined && keysProblem !== undefined ? [keysProblem, ...faults] : faults;
  const where = profile === undefined ? '' : ` with the profile ${profile}`;
  return new ModelError('AUTH_FAIL', `no S3 credentials were found${where}: ${known.join('; ')}`, {
    reason: 'credentials_missing',
    hint: profile === undefined ? HINT : PROFILE_HINT,
    cause,
  });
}
