/** Keys to sign with: those stored for the endpoint, those of the environment, or what the AWS SDK's chain finds. */
import { throwIfCancelled } from '../../domain/cancelled.ts';
import { ModelError } from '../../domain/errors.ts';
import { Secret } from '../../domain/secret.ts';
import { redactText } from '../../observability/redact-text.ts';
import { unlessAborted } from '../../util/unless-aborted.ts';
import type { CredentialSource } from '../credentials.ts';
import type { S3Config } from './s3-config.ts';

export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken?: Secret | undefined;
  /** Epoch milliseconds. */
  readonly validUntilMs?: number | undefined;
}

export interface KeySourceOptions extends Pick<S3Config, 'keys' | 'profile' | 'withheld'> {
  readonly credentials: CredentialSource;
  readonly nowMs: () => number;
}

type Chain = (options?: { readonly forceRefresh?: boolean }) => Promise<ChainKeys>;

interface ChainKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiration?: Date | undefined;
}

/** Outside AWS the chain asks an address that nobody answers; with many files once is enough. */
const FAILURE_KEPT_MS = 30_000;
const LOOKING = 'looking for S3 credentials';
const NO_ONE = { debug() {}, info() {}, warn() {}, error() {} };

export class KeySource {
  readonly #options: KeySourceOptions;
  #chain: Promise<Chain> | undefined;
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
    if (stored !== undefined) return stored.from;
    if (withheld !== undefined) return keys === undefined ? undefined : 'AWS_ACCESS_KEY_ID';
    if (profile !== undefined) return `AWS profile ${profile}`;
    return keys === undefined ? 'AWS credential chain' : 'AWS_ACCESS_KEY_ID';
  }

  /** @returns undefined where those that there may be are withheld @throws ModelError AUTH_FAIL where there are none, CANCELLED */
  async keys(endpointOrigin: string | undefined, signal: AbortSignal): Promise<S3Keys | undefined> {
    throwIfCancelled(signal, LOOKING);
    const { credentials, keys, profile, withheld } = this.#options;
    const stored = await credentials.s3Keys(endpointOrigin);
    if (stored !== undefined) return stored;
    if (withheld !== undefined && keys === undefined) return undefined;
    if (keys !== undefined && (profile === undefined || withheld !== undefined)) return { ...keys, accessKeyId: keys.accessKeyId.reveal() };
    return unlessAborted(this.#fromChain(), signal, LOOKING);
  }

  async #fromChain(): Promise<S3Keys> {
    const { nowMs } = this.#options;
    if (this.#failure !== undefined && nowMs() < this.#failure.untilMs) throw this.#failure.error;
    this.#chain ??= createChain(this.#options.profile);
    const chain = await this.#chain;
    const forceRefresh = this.#mustRefresh;
    this.#mustRefresh = false;
    try {
      return keysOf(await chain({ forceRefresh }));
    } catch (cause) {
      const error = noKeys(cause);
      this.#failure = { error, untilMs: nowMs() + FAILURE_KEPT_MS };
      throw error;
    }
  }
}

/** Environment, profiles, SSO, processes, web identity, container and instance: the SDK knows them all. */
async function createChain(profile: string | undefined): Promise<Chain> {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  return defaultProvider({ ...(profile !== undefined && { profile }), logger: NO_ONE, timeout: 1000, maxRetries: 0 });
}

function keysOf({ accessKeyId, secretAccessKey, sessionToken, expiration }: ChainKeys): S3Keys {
  return {
    accessKeyId,
    secretAccessKey: new Secret(secretAccessKey),
    sessionToken: sessionToken === undefined ? undefined : new Secret(sessionToken),
    validUntilMs: expiration?.getTime(),
  };
}

function noKeys(cause: unknown): ModelError {
  const says = redactText(cause instanceof Error ? cause.message : String(cause)).slice(0, 300);
  return new ModelError('AUTH_FAIL', `no S3 credentials were found: ${says}`, {
    reason: 'credentials_missing',
    hint: 'run `wan auth login s3`, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or s3_profile; for a public bucket set s3_anonymous = true',
    cause,
  });
}
