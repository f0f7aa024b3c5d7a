/** Files over plain HTTP: `http://` and `https://`. What other backends that end in HTTP requests build upon. */
import { isModelError, ModelError } from '../../domain/errors.ts';
import { failingIterable } from '../../util/failing-iterable.ts';
import { redactUrl } from '../../util/redact-url.ts';
import type { HttpReachable, HttpTarget, OpenedFile, OpenOptions, RemoteFile, StorageBackend } from '../backend.ts';
import { type AcceptedResponse, type AskedFor, checkResponse, type ResponseHead } from './check-response.ts';
import { type FollowedAnswer, followRedirects } from './follow-redirects.ts';
import { guardedBody } from './guarded-body.ts';
import type { HttpAnswer, HttpClient } from './http-client.ts';
import type { HttpHeaders } from './http-headers.ts';
import { readExcerpt } from './read-excerpt.ts';
import { expiredError, REFUSED_URL_HINT } from './signed-url.ts';
import { SNIFF_BYTES, sniffBody } from './sniff-body.ts';
import { fileUrl, parseBaseUrl, parseHttpUrl } from './source-url.ts';
import { isAnswer, type RefusedRequest, statusError } from './status-error.ts';
import { TargetCache } from './target-cache.ts';
import { conditionalHeaders } from './validators.ts';

const ERROR_BODY_BYTES = 2048;
const PLAIN_HINT =
  'the server lets nobody in without credentials, and a plain URL carries none: use a signed URL for each file, or add another source to the model';
const FIRST_BYTE = { offset: 0, length: 1 };

export interface HttpSource {
  readonly client: HttpClient;
  /** Without `://`. */
  readonly scheme: string;
  /** Redacted. */
  readonly label: string;
  /** Of the first request for a file. */
  readonly urlOf: (path: string) => URL;
  readonly host: string;
  /** What messages call a file; absent: its redacted URL. */
  readonly nameOf?: (path: string) => string;
  /** Sent with every request, to every hop. */
  readonly headers?: HttpHeaders;
  /** For the origin of `urlOf` only; asked before each first request, so that a signature is fresh. */
  readonly credentials?: (url: URL, signal: AbortSignal) => Promise<SourceCredentials>;
  /** See HttpTarget. */
  readonly conditional?: boolean;
  /** What the source means by a status that is no answer; undefined where it means what HTTP says. */
  readonly explain?: (refused: RefusedAnswer) => ModelError | undefined;
  /** See RefusedRequest. */
  readonly refusedHint?: string;
  /** Whether a redirect from `url`, itself perhaps reached by others, is no way to the file but a refusal, to be explained. */
  readonly isRefusal?: (head: ResponseHead, url: URL) => boolean;
}

export interface SourceCredentials {
  readonly headers: HttpHeaders;
  /** Epoch milliseconds from which they are not good any more. */
  readonly validUntilMs?: number;
}

export interface RefusedAnswer extends RefusedRequest {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** Where the answer came from: a redirect may have led elsewhere. Not for messages: it may be signed. */
  readonly url: URL;
}

/** Files under a base URL. @throws ModelError INVALID_CONFIG */
export function createHttpBackend(url: string, client: HttpClient): HttpBackend {
  const base = parseBaseUrl(url);
  const label = redactUrl(base).replace(/\/$/, '');
  const scheme = base.protocol.slice(0, -1);
  return new HttpBackend({ client, scheme, label, host: base.host, urlOf: (path) => fileUrl(base, path), refusedHint: PLAIN_HINT });
}

/** One file, whatever its path is called, at a whole URL that may be presigned. @throws ModelError INVALID_CONFIG */
export function createUrlBackend(url: string, client: HttpClient): HttpBackend {
  const file = parseHttpUrl(url);
  return new HttpBackend({
    client,
    scheme: file.protocol.slice(0, -1),
    label: redactUrl(file),
    host: file.host,
    urlOf: () => new URL(file),
    explain: expiredError,
    refusedHint: file.search === '' ? PLAIN_HINT : REFUSED_URL_HINT,
  });
}

interface AskedAnswer {
  readonly answer: HttpAnswer;
  readonly accepted: AcceptedResponse;
  /** Where it came from. */
  readonly target: HttpTarget;
}

interface Place {
  readonly url: URL;
  readonly credentials: HttpHeaders;
  readonly validUntilMs?: number | undefined;
}

export class HttpBackend implements StorageBackend, HttpReachable {
  readonly scheme: string;
  readonly label: string;
  readonly host: string;
  readonly #source: HttpSource;
  readonly #targets = new TargetCache();
  /** Paths whose first place has turned out not to be the last. */
  readonly #dropped = new Set<string>();

  constructor(source: HttpSource) {
    this.#source = source;
    this.scheme = source.scheme;
    this.label = source.label;
    this.host = source.host;
  }

  /** Asks with a GET for one byte: a HEAD is refused by presigned URLs, and answered wrongly by some servers. */
  async stat(path: string, signal: AbortSignal): Promise<RemoteFile> {
    const { answer, accepted } = await this.#ask(path, { range: FIRST_BYTE, signal });
    await answer.release();
    const { totalBytes, validator } = accepted;
    return { path, ...(totalBytes !== undefined && { sizeBytes: totalBytes }), ...(validator !== undefined && { validator }) };
  }

  /** HTTP has no listing. @throws ModelError NOT_IMPLEMENTED */
  list(): AsyncIterable<RemoteFile> {
    const message = `${this.label} cannot be listed: HTTP has no way to ask for it`;
    return failingIterable(
      new ModelError('NOT_IMPLEMENTED', message, { reason: 'list_unsupported', hint: 'name the files in the manifest' }),
    );
  }

  async open(path: string, options: OpenOptions): Promise<OpenedFile> {
    const { answer, accepted } = await this.#ask(path, options);
    const sniff = (firstBytes: Uint8Array) => sniffBody(firstBytes, { contentType: answer.headers['content-type'], path });
    const guard = { label: this.#labelOf(path), lengthBytes: accepted.lengthBytes, sniff: accepted.offset === 0 ? sniff : undefined };
    const body = guardedBody(answer.status === 416 ? none() : answer.body, guard);
    const { offset, totalBytes, validator } = accepted;
    return {
      offset,
      ...(totalBytes !== undefined && { totalBytes }),
      ...(validator !== undefined && { validator }),
      body,
      cancel: answer.discard,
    };
  }

  /** Where the file should be; only once that was dropped is it asked where the redirects end. */
  async httpTarget(path: string, signal: AbortSignal): Promise<HttpTarget> {
    if (!this.#dropped.has(path)) return this.#targets.get(path, signal, async () => this.#targetAt(await this.#firstPlace(path, signal)));
    return this.#targets.get(path, signal, async () => {
      const { answer, target } = await this.#askAt(path, { range: FIRST_BYTE, signal }, await this.#firstPlace(path, signal));
      await answer.release();
      return target;
    });
  }

  dropTarget(path: string, target: HttpTarget): void {
    this.#targets.drop(path, target);
    this.#dropped.add(path);
  }

  /** Connections belong to the client, which others use too. */
  async close(): Promise<void> {
    this.#targets.clear();
  }

  /** Asks where the redirects ended last time, and from the beginning where that place refuses. */
  async #ask(path: string, options: OpenOptions): Promise<AskedAnswer> {
    const known = this.#targets.peek(path);
    if (known !== undefined && this.#isRedirected(path, known)) {
      try {
        return await this.#askAt(path, options, this.#placeOf(known));
      } catch (error) {
        if (!isModelError(error, 'AUTH_FAIL') && !isModelError(error, 'SOURCE_UNAVAILABLE')) throw error;
        this.dropTarget(path, known);
      }
    }
    const asked = await this.#askAt(path, options, await this.#firstPlace(path, options.signal));
    this.#targets.put(path, asked.target);
    return asked;
  }

  async #askAt(path: string, options: OpenOptions, place: Place): Promise<AskedAnswer> {
    const followed = await this.#request(options, place);
    const { answer, url, credentials } = followed;
    if (!isAnswer(answer.status)) throw await this.#statusError(followed);
    const accepted = await this.#accept(answer, path, options);
    return { answer, accepted, target: await this.#targetAt({ url, credentials, validUntilMs: place.validUntilMs }) };
  }

  /** A wrong answer that is a web page is told as one: it explains the wrong size or validator. */
  async #accept(answer: HttpAnswer, path: string, options: OpenOptions): Promise<AcceptedResponse> {
    const { range, validator, expectedBytes } = options;
    const asked: AskedFor = { label: this.#labelOf(path), range, validator, expectedBytes };
    try {
      return checkResponse(answer, asked);
    } catch (error) {
      const isReadable = answer.status === 200 && answer.headers['content-encoding'] === undefined;
      const firstBytes = isReadable ? await readExcerpt(answer, SNIFF_BYTES) : new Uint8Array();
      answer.discard();
      throw sniffBody(firstBytes, { contentType: answer.headers['content-type'], path }) ?? error;
    }
  }

  #request({ range, validator, signal }: OpenOptions, { url, credentials }: Place): Promise<FollowedAnswer> {
    const rangeHeader = range === undefined ? {} : { range: formatRange(range.offset, range.length) };
    const headers = { ...this.#plainHeaders(), ...rangeHeader, ...conditionalHeaders(validator, range !== undefined) };
    return followRedirects(this.#source.client, { url, headers, credentials, isRefusal: this.#source.isRefusal, signal });
  }

  async #statusError({ answer, url, credentials }: FollowedAnswer): Promise<ModelError> {
    const bodyStart = Buffer.from(await readExcerpt(answer, ERROR_BODY_BYTES)).toString('utf8');
    const credentialed = Object.keys(credentials).length > 0;
    const { refusedHint } = this.#source;
    const refused = { label: redactUrl(url), bodyStart, credentialed, signed: url.search !== '', nowMs: Date.now(), refusedHint };
    const { status, headers } = answer;
    return this.#source.explain?.({ ...refused, status, headers, url }) ?? statusError(answer, refused);
  }

  #plainHeaders(): HttpHeaders {
    return { 'accept-encoding': 'identity', ...this.#source.client.ownHeaders, ...this.#source.headers };
  }

  #labelOf(path: string): string {
    return this.#source.nameOf?.(path) ?? redactUrl(this.#source.urlOf(path));
  }

  async #firstPlace(path: string, signal: AbortSignal): Promise<Place> {
    const url = this.#source.urlOf(path);
    const found = await this.#source.credentials?.(url, signal);
    return { url, credentials: found?.headers ?? {}, validUntilMs: found?.validUntilMs };
  }

  /** What a target's headers hold besides the plain ones are credentials. */
  #placeOf(target: HttpTarget): Place {
    const plain = this.#plainHeaders();
    return {
      url: new URL(target.url),
      credentials: Object.fromEntries(Object.entries(target.headers).filter(([name]) => !(name in plain))),
      validUntilMs: target.validUntilMs,
    };
  }

  async #targetAt({ url, credentials, validUntilMs }: Place): Promise<HttpTarget> {
    const { client, conditional } = this.#source;
    const authorities = await client.authoritiesFor(url);
    return {
      url: url.href,
      headers: { ...this.#plainHeaders(), ...credentials },
      direct: client.isDirect(url),
      ...(authorities !== undefined && { authorities }),
      ...(validUntilMs !== undefined && { validUntilMs }),
      ...(conditional === true && { conditional }),
    };
  }

  #isRedirected(path: string, target: HttpTarget): boolean {
    return target.url !== this.#source.urlOf(path).href;
  }
}

function formatRange(offset: number, length: number | undefined): string {
  return `bytes=${offset}-${length === undefined ? '' : offset + length - 1}`;
}

async function* none(): AsyncGenerator<Uint8Array> {}
