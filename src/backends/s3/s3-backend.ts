/** Files in a bucket. Ranges run as signed plain GETs, so that any thread can make them. */
import { isModelError, ModelError } from '../../domain/errors.ts';
import { failingIterable } from '../../util/failing-iterable.ts';
import { redactUrl } from '../../util/redact-url.ts';
import type {
  Credentialed,
  HttpReachable,
  HttpTarget,
  OpenedFile,
  OpenOptions,
  Publishing,
  RemoteFile,
  StorageBackend,
} from '../backend.ts';
import { checkPath } from '../check-path.ts';
import { checkFound } from '../file-faults.ts';
import { HttpBackend } from '../http/http-backend.ts';
import type { HttpClient } from '../http/http-client.ts';
import { listObjects } from './list-objects.ts';
import { objectFacts } from './object-facts.ts';
import type { S3Access } from './s3-access.ts';
import { S3Bucket } from './s3-bucket.ts';
import { NOT_S3_HINT } from './s3-error.ts';
import { keyOf, parseS3Object, parseS3Prefix, type S3Location } from './s3-location.ts';
import { type S3Service, s3Url } from './s3-url.ts';

/** Files under `s3://bucket/prefix`. @throws ModelError INVALID_CONFIG */
export function createS3Backend(url: string, access: S3Access, client: HttpClient): S3Backend {
  const location = parseS3Prefix(url);
  const keyOfPath = (path: string): string => {
    checkPath(path);
    return keyOf(location, path);
  };
  return new S3Backend({ url, location, isOneObject: false, keyOfPath, access, client });
}

/** One object, whatever its path is called. @throws ModelError INVALID_CONFIG */
export function createS3FileBackend(url: string, access: S3Access, client: HttpClient): S3Backend {
  const location = parseS3Object(url);
  return new S3Backend({ url, location, isOneObject: true, keyOfPath: () => location.key, access, client });
}

interface S3BackendOptions {
  readonly url: string;
  readonly location: S3Location;
  readonly isOneObject: boolean;
  readonly keyOfPath: (path: string) => string;
  readonly access: S3Access;
  readonly client: HttpClient;
}

export class S3Backend implements StorageBackend, HttpReachable, Credentialed, Publishing {
  readonly scheme = 's3';
  readonly publishesDigests = true;
  readonly label: string;
  readonly host: string;
  readonly #options: S3BackendOptions;
  readonly #bucket: S3Bucket;
  #http: { readonly region: string; readonly backend: HttpBackend } | undefined;
  /** Whether region, clock and keys have been seen to be right: then threads may be sent there. */
  #isReached = false;
  #reaching: Promise<void> | undefined;

  constructor(options: S3BackendOptions) {
    const { url, location, access, client } = options;
    this.#options = options;
    this.label = redactUrl(url).replace(/\/$/, '');
    this.host = access.hostOf(location.bucket);
    this.#bucket = new S3Bucket(location.bucket, access, client);
  }

  /** A HEAD, for the checksum that no range comes with; where it is refused, a GET is, which says why. */
  async stat(path: string, signal: AbortSignal): Promise<RemoteFile> {
    const key = this.#options.keyOfPath(path);
    return this.#bucket.learning(async () => {
      const headers = { 'x-amz-checksum-mode': 'ENABLED' };
      const answer = await this.#bucket.head({ key, query: this.#query(), headers, signal });
      await answer.release();
      return answer.status === 200 ? objectFacts(path, answer.headers) : (await this.#backend()).stat(path, signal);
    });
  }

  list(signal: AbortSignal): AsyncIterable<RemoteFile> {
    const { location, isOneObject } = this.#options;
    if (isOneObject) return unlisted(this.label);
    const prefix = location.key === '' ? '' : `${location.key}/`;
    return listObjects({ bucket: this.#bucket, label: this.label, prefix }, signal);
  }

  async open(path: string, options: OpenOptions): Promise<OpenedFile> {
    try {
      return await this.#bucket.learning(async () => (await this.#backend()).open(path, options));
    } catch (error) {
      if (!isModelError(error) || error.details.http_status !== 416) throw error;
      return this.#openAtEnd(path, options, error);
    }
  }

  async httpTarget(path: string, signal: AbortSignal): Promise<HttpTarget> {
    await this.#reach(path, signal);
    return this.#bucket.learning(async () => (await this.#backend()).httpTarget(path, signal));
  }

  credentialsFrom(): Promise<string | undefined> {
    return this.#options.access.placeOfKeys();
  }

  dropTarget(path: string, target: HttpTarget): void {
    this.#http?.backend.dropTarget(path, target);
  }

  async close(): Promise<void> {
    await this.#http?.backend.close();
  }

  /** S3 refuses a range that holds no byte, and does not say how long the object is. */
  async #openAtEnd(path: string, options: OpenOptions, refusal: ModelError): Promise<OpenedFile> {
    const { sizeBytes, validator = '' } = await this.stat(path, options.signal);
    if (sizeBytes === undefined) throw refusal;
    checkFound(`${this.label}: ${path}`, { sizeBytes, validator }, options);
    if (options.range?.offset !== sizeBytes) throw refusal;
    return { offset: sizeBytes, totalBytes: sizeBytes, validator, body: nothing(), cancel: () => undefined };
  }

  /** Asked once for all files: what is wrong with the source is told by name here, and not by every thread in its way. */
  async #reach(path: string, signal: AbortSignal): Promise<void> {
    while (!this.#isReached) {
      // Whoever asks is told of his own file; the others ask for theirs.
      if (this.#reaching === undefined) return this.#tryReach(path, signal);
      await this.#reaching.catch(() => undefined);
    }
  }

  async #tryReach(path: string, signal: AbortSignal): Promise<void> {
    this.#reaching = this.stat(path, signal).then(() => undefined);
    try {
      await this.#reaching;
      this.#isReached = true;
    } catch (error) {
      this.#isReached = isModelError(error, 'SOURCE_UNAVAILABLE') && error.reason === 'not_found';
      throw error;
    } finally {
      this.#reaching = undefined;
    }
  }

  /** For the region known now. */
  async #backend(): Promise<HttpBackend> {
    const service = await this.#bucket.service();
    if (this.#http?.region !== service.region) this.#http = { region: service.region, backend: this.#createHttp(service) };
    return this.#http.backend;
  }

  #createHttp(service: S3Service): HttpBackend {
    const { access, client, location, keyOfPath } = this.#options;
    const { region } = service;
    const bucketUrl = s3Url(service, location.bucket, '').href;
    // Region, clock and the end of keys are learnt from the service's own words on the bucket: a redirect may have led to anybody.
    const isOfBucket = (url: URL): boolean => url.href.startsWith(bucketUrl);
    return new HttpBackend({
      client,
      scheme: this.scheme,
      conditional: true,
      label: this.label,
      host: this.host,
      urlOf: (path) => s3Url(service, location.bucket, keyOfPath(path), this.#query()),
      credentials: (url, signal) => access.sign({ method: 'GET', url, headers: {} }, region, signal),
      refusedHint: NOT_S3_HINT,
      explain: (refused) => (isOfBucket(refused.url) ? this.#bucket.explain(refused, region) : undefined),
      // Moved to another region: its own signature is needed there.
      isRefusal: ({ headers }, url) => isOfBucket(url) && (headers['x-amz-bucket-region'] !== undefined || headers.location === undefined),
    });
  }

  #query(): Readonly<Record<string, string>> {
    const { versionId } = this.#options.location;
    return versionId === undefined ? {} : { versionId };
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

const unlisted = (label: string): AsyncIterable<RemoteFile> =>
  failingIterable(new ModelError('NOT_IMPLEMENTED', `${label} is one object, with nothing to list`, { reason: 'list_unsupported' }));
