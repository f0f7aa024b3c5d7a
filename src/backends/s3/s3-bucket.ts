/** One bucket at its service: requests to it, and the region that it turned out to lie in. */
import { isModelError, type ModelError } from '../../domain/errors.ts';
import { decodedAnswer } from '../http/decoded-answer.ts';
import type { RefusedAnswer } from '../http/http-backend.ts';
import type { HttpAnswer, HttpClient, HttpMethod } from '../http/http-client.ts';
import type { HttpHeaders } from '../http/http-headers.ts';
import { readExcerpt } from '../http/read-excerpt.ts';
import { statusError } from '../http/status-error.ts';
import type { S3Access } from './s3-access.ts';
import { NOT_S3_HINT, s3Error } from './s3-error.ts';
import { type S3Service, s3Url } from './s3-url.ts';

export interface BucketRequest {
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  /** All are signed. */
  readonly headers?: HttpHeaders;
  readonly signal: AbortSignal;
}

interface SignedForBucket {
  readonly url: URL;
  readonly headers: HttpHeaders;
  readonly region: string;
}

const ERROR_BODY_BYTES = 2048;

export class S3Bucket {
  readonly name: string;
  readonly access: S3Access;
  readonly #client: HttpClient;
  #region: string | undefined;

  constructor(name: string, access: S3Access, client: HttpClient) {
    this.name = name;
    this.access = access;
    this.#client = client;
  }

  async service(): Promise<S3Service> {
    const service = await this.access.service();
    return this.#region === undefined ? service : { ...service, region: this.#region };
  }

  /** What the service says of an object, by any status. Nothing of it is compressed. */
  async head(request: BucketRequest): Promise<HttpAnswer> {
    const { url, headers } = await this.#signed('HEAD', request);
    return this.#client.head({ url, headers: { 'accept-encoding': 'identity', ...headers }, signal: request.signal });
  }

  /** A document about the bucket, never an object: it may come compressed. @throws ModelError that says what the service means */
  async document(request: BucketRequest): Promise<HttpAnswer> {
    const { url, headers, region } = await this.#signed('GET', request);
    const label = url.origin + url.pathname;
    const sent = await this.#client.get({ url, headers: { 'accept-encoding': 'gzip', ...headers }, signal: request.signal });
    const answer = decodedAnswer(sent, label);
    if (answer.status === 200) return answer;
    throw await this.#refusal(answer, url, region);
  }

  /** Whatever changes the bucket; any 2xx is an answer. @throws ModelError that says what the service means */
  async change(method: HttpMethod, request: BucketRequest & { readonly body?: Uint8Array }): Promise<HttpAnswer> {
    const { url, headers, region } = await this.#signed(method, request);
    const { body, signal } = request;
    const answer = await this.#client.send({ method, url, headers: { 'accept-encoding': 'identity', ...headers }, signal, body });
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw await this.#refusal(answer, url, region);
  }

  async #refusal(answer: HttpAnswer, url: URL, region: string): Promise<ModelError> {
    const label = url.origin + url.pathname;
    const bodyStart = Buffer.from(await readExcerpt(answer, ERROR_BODY_BYTES)).toString('utf8');
    const { isAnonymous } = this.access;
    const refused = { label, bodyStart, credentialed: !isAnonymous, signed: false, nowMs: this.access.nowMs(), refusedHint: NOT_S3_HINT };
    return this.explain({ ...refused, status: answer.status, headers: answer.headers, url }, region) ?? statusError(answer, refused);
  }

  async #signed(method: HttpMethod, { key, query, headers = {}, signal }: BucketRequest): Promise<SignedForBucket> {
    const service = await this.service();
    const url = s3Url(service, this.name, key, query);
    const signed = await this.access.sign({ method, url, headers }, service.region, signal);
    return { url, region: service.region, headers: { ...this.#client.ownHeaders, ...signed.headers } };
  }

  explain(refused: RefusedAnswer, region: string): ReturnType<typeof s3Error> {
    const { isAnonymous: anonymous, withheld, keysFrom } = this.access;
    return s3Error({ ...refused, nowMs: this.access.nowMs() }, { region, anonymous, withheld, keysFrom });
  }

  /**
   * Does the work again after a refusal that taught something: the bucket's region, the service's clock, that keys have
   * ended. Each of these once.
   */
  async learning<T>(work: () => Promise<T>): Promise<T> {
    const learnt = new Set<string | undefined>();
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!isModelError(error) || learnt.has(error.reason) || !this.#learn(error.reason, error.details.region, error)) throw error;
        learnt.add(error.reason);
      }
    }
  }

  #learn(reason: string | undefined, region: unknown, error: unknown): boolean {
    if (reason !== 'region_wrong') return this.access.learn(error);
    if (typeof region !== 'string') return false;
    this.#region = region;
    return true;
  }
}
