/** One bucket at its service: requests to it, and the region that it turned out to lie in. */
import { isModelError } from '../../domain/errors.ts';
import { redactUrl } from '../../util/redact-url.ts';
import type { RefusedAnswer } from '../http/http-backend.ts';
import type { HttpAnswer, HttpClient } from '../http/http-client.ts';
import type { HttpHeaders } from '../http/http-headers.ts';
import { readExcerpt } from '../http/read-excerpt.ts';
import { statusError } from '../http/status-error.ts';
import type { S3Access } from './s3-access.ts';
import { s3Error } from './s3-error.ts';
import { type S3Service, s3Url } from './s3-url.ts';

export interface BucketRequest {
  readonly method: 'GET' | 'HEAD';
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  /** `x-amz-*` only: all are signed. */
  readonly headers?: HttpHeaders;
  readonly signal: AbortSignal;
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

  /** An answer of any status. Its body is read or released by the caller. */
  async ask({ method, key, query, headers = {}, signal }: BucketRequest): Promise<HttpAnswer> {
    const service = await this.service();
    const url = s3Url(service, this.name, key, query);
    const signed = await this.access.sign({ method, url, headers }, service.region, signal);
    const plain = { 'accept-encoding': 'identity', 'user-agent': this.#client.userAgent };
    const request = { url, headers: { ...plain, ...signed.headers }, signal };
    return method === 'HEAD' ? this.#client.head(request) : this.#client.get(request);
  }

  /** As {@link ask}, only for an answer of status 200. @throws ModelError that says what the service means */
  async get(request: Omit<BucketRequest, 'method'>): Promise<HttpAnswer> {
    const service = await this.service();
    const answer = await this.ask({ method: 'GET', ...request });
    if (answer.status === 200) return answer;
    const bodyStart = Buffer.from(await readExcerpt(answer, ERROR_BODY_BYTES)).toString('utf8');
    const url = s3Url(service, this.name, request.key);
    const refused = { label: redactUrl(url), bodyStart, credentialed: !this.access.isAnonymous, signed: false, nowMs: this.access.nowMs() };
    const { status, headers } = answer;
    throw this.explain({ ...refused, status, headers, url }, service.region) ?? statusError(answer, refused);
  }

  explain(refused: RefusedAnswer, region: string): ReturnType<typeof s3Error> {
    return s3Error({ ...refused, nowMs: this.access.nowMs() }, { region, anonymous: this.access.isAnonymous });
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
