/** The way into one S3 service: which one it is, and signatures that it takes. Shared by all its sources. */
import { isModelError } from '../../domain/errors.ts';
import { type CredentialSource, NO_CREDENTIALS } from '../credentials.ts';
import type { SourceCredentials } from '../http/http-backend.ts';
import { KeySource } from './key-source.ts';
import type { S3Config } from './s3-config.ts';
import type { S3Service } from './s3-url.ts';
import { type SignedRequest, signRequest } from './sign-request.ts';

export interface S3AccessOptions {
  readonly config: S3Config;
  readonly credentials?: CredentialSource | undefined;
  /** Since the epoch. */
  readonly nowMs?: () => number;
}

const DEFAULT_REGION = 'us-east-1';
/** Services take a signature for 15 minutes; clocks differ, and requests wait. */
const SIGNATURE_MS = 5 * 60_000;
/** Keys about to end are not signed with for a request that may start later. */
const KEYS_MARGIN_MS = 30_000;

export class S3Access {
  readonly #config: S3Config;
  readonly #keys: KeySource;
  /** Since the epoch, by our clock. */
  readonly nowMs: () => number;
  #service: Promise<S3Service> | undefined;
  /** How far the service's clock is ahead of ours. */
  #clockSkewMs = 0;
  #isWithheld = false;
  #keysFrom: string | undefined;

  constructor({ config, credentials = NO_CREDENTIALS, nowMs = Date.now }: S3AccessOptions) {
    this.#config = config;
    this.nowMs = nowMs;
    const { keys, keysProblem, profile, withheld } = config;
    this.#keys = new KeySource({ keys, keysProblem, profile, withheld, credentials, nowMs });
  }

  /** Of the last request. */
  get isAnonymous(): boolean {
    return this.#config.anonymous === true || this.#isWithheld;
  }

  /** Why the last request was not signed, where keys may be there that this endpoint does not get. */
  get withheld(): string | undefined {
    return this.#isWithheld ? this.#config.withheld : undefined;
  }

  /** Where the keys come from that the last request was signed with. */
  get keysFrom(): string | undefined {
    return this.#keysFrom;
  }

  /** For limits per host; where the endpoint comes from a profile it is that of AWS, which is one host just as well. */
  hostOf(bucket: string): string {
    const { endpointUrl } = this.#config;
    return endpointUrl === undefined ? `${bucket}.s3.amazonaws.com` : new URL(endpointUrl).host;
  }

  /** Its region is a first guess: buckets may lie elsewhere. */
  service(): Promise<S3Service> {
    this.#service ??= this.#findService().catch((error: unknown) => {
      this.#service = undefined;
      throw error;
    });
    return this.#service;
  }

  /** @throws ModelError AUTH_FAIL where there is nothing to sign with, CANCELLED */
  async sign(request: SignedRequest, region: string, signal: AbortSignal): Promise<Required<SourceCredentials>> {
    const headers = { ...request.headers, ...(this.#config.requesterPays === true && { 'x-amz-request-payer': 'requester' }) };
    const nowMs = this.nowMs();
    const { endpoint } = await this.service();
    const keys = this.#config.anonymous === true ? undefined : await this.#keys.keys(endpoint?.origin, signal);
    this.#keysFrom = keys?.from;
    this.#isWithheld = keys === undefined && this.#config.anonymous !== true;
    if (keys === undefined) return { headers, validUntilMs: Number.POSITIVE_INFINITY };
    const date = new Date(nowMs + this.#clockSkewMs);
    const keysUntilMs = (keys.validUntilMs ?? Number.POSITIVE_INFINITY) - KEYS_MARGIN_MS;
    return {
      headers: await signRequest({ ...request, headers }, { keys, region, date }),
      validUntilMs: Math.max(nowMs + 1, Math.min(nowMs + SIGNATURE_MS, keysUntilMs)),
    };
  }

  /** Where the keys come from that requests would be signed with; undefined: nothing is signed. Asks no network. */
  async placeOfKeys(): Promise<string | undefined> {
    return this.#config.anonymous === true ? undefined : this.#keys.placeOfKeys((await this.service()).endpoint?.origin);
  }

  /** Whether there is something in a refusal that the next signature can be better for. */
  learn(error: unknown): boolean {
    if (!isModelError(error, 'AUTH_FAIL')) return false;
    const { clock_skew_ms: skewMs } = error.details;
    if (error.reason === 'clock_skewed' && typeof skewMs === 'number') {
      this.#clockSkewMs = skewMs;
      return true;
    }
    if (error.reason !== 'token_expired') return false;
    this.#keys.expire();
    return true;
  }

  async #findService(): Promise<S3Service> {
    const { addressing = 'auto', endpointUrl, region } = this.#config;
    const told = endpointUrl === undefined || region === undefined ? await this.#askProfile() : {};
    const endpoint = endpointUrl === undefined ? told.endpoint : new URL(endpointUrl);
    return { addressing, region: region ?? told.region ?? DEFAULT_REGION, ...(endpoint !== undefined && { endpoint }) };
  }

  async #askProfile(): Promise<{ readonly region?: string | undefined; readonly endpoint?: URL | undefined }> {
    const { files, profile, endpointUrl } = this.#config;
    if (files === undefined) return {};
    const { profileSettings, endpointOf } = await import('./profile-settings.ts');
    const { region, endpoint } = await profileSettings(files, profile);
    // One that nobody will speak to may be as it is.
    return { region, endpoint: endpointUrl === undefined && endpoint !== undefined ? endpointOf(endpoint) : undefined };
  }
}
