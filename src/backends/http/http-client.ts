/** Requests over shared, kept-alive connections; proxies and authorities as configured. undici is loaded at the first one. */
import type { Dispatcher } from 'undici';
import { cancelledError, throwIfCancelled } from '../../domain/cancelled.ts';
import { asModelError, type ModelError } from '../../domain/errors.ts';
import { redactUrl } from '../../util/redact-url.ts';
import { certificateIssuer } from './certificate-issuer.ts';
import { Dispatchers } from './dispatchers.ts';
import type { HttpConfig } from './http-config.ts';
import { type HttpHeaders, joinHeaders } from './http-headers.ts';
import { isTrustFailure, networkError } from './network-error.ts';
import { ProxyRules } from './proxy-rules.ts';

/** What is read to its end rather than cut off with its connection, when nobody wants it. */
const DRAIN_BYTES = 4096;
const DRAIN_MS = 1000;
const DEFAULT_IDLE_MS = 60_000;
/** Of each connection. */
const SLOWEST_UPLOAD_BYTES_PER_SECOND = 32 * 1024;

export interface HttpRequest {
  readonly url: URL;
  readonly headers: HttpHeaders;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** Throws ModelErrors. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Lets the rest of the body go at once, and its connection; safe at any time. */
  discard(): void;
  /** For a body that nobody wants: a short one is drained, so that its connection serves the next request. */
  release(): Promise<void>;
}

export type HttpMethod = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';

/** A request that may change something there. */
export interface HttpChange extends HttpRequest {
  readonly method: HttpMethod;
  readonly body?: Uint8Array | undefined;
}

interface SentRequest extends Pick<HttpRequest, 'url' | 'signal'> {
  readonly method: HttpMethod;
}

export class HttpClient {
  readonly #config: HttpConfig;
  readonly #proxies: ProxyRules;
  readonly #dispatchers: Dispatchers;

  constructor(config: HttpConfig = {}) {
    this.#config = config;
    this.#proxies = new ProxyRules(config);
    this.#dispatchers = new Dispatchers(config);
  }

  /** Who asks: sent with every request, wherever it is redirected to. */
  get ownHeaders(): HttpHeaders {
    const { userAgent = 'wan-models', traceparent } = this.#config;
    return { 'user-agent': userAgent, ...(traceparent !== undefined && { traceparent }) };
  }

  /** Whether a plain TCP or TLS connection, which nobody guards, may be made to the URL's server, and reaches it. */
  isDirect(url: URL): boolean {
    return this.#config.guard === undefined && this.#proxies.proxyFor(url) === undefined;
  }

  /** PEM certificates of authorities to trust there besides the default ones. @throws ModelError INVALID_CONFIG, ca_file */
  authoritiesFor(url: URL): Promise<string | undefined> {
    return this.#dispatchers.authorities.beyondDefault(url);
  }

  /** Redirects are answers here. @throws ModelError of a connection that failed, of the guard. */
  get(request: HttpRequest): Promise<HttpAnswer> {
    return this.#send('GET', request);
  }

  /** As {@link get}, without the body. */
  head(request: HttpRequest): Promise<HttpAnswer> {
    return this.#send('HEAD', request);
  }

  /** As {@link get}, with any method and body. */
  send({ method, ...request }: HttpChange): Promise<HttpAnswer> {
    return this.#send(method, request);
  }

  async #send(method: HttpMethod, { url, headers, signal, body }: Omit<HttpChange, 'method'>): Promise<HttpAnswer> {
    throwIfCancelled(signal, `asking ${url.host}`);
    const proxy = this.#proxies.proxyFor(url);
    this.#config.guard?.check(url, proxy === undefined);
    try {
      const dispatcher = await this.#dispatchers.dispatcherFor(url, proxy?.reveal());
      const path = url.pathname + url.search;
      const data = await dispatcher.request({ origin: url.origin, path, method, headers: { ...headers }, signal, ...this.#sending(body) });
      return this.#answerOf(data, { method, url, signal });
    } catch (error) {
      throw await this.#explain(error, url, signal);
    }
  }

  /** An answer to a body comes after it: as slowly as that may go, no one gives up on it. */
  #sending(body: Uint8Array | undefined): { readonly body?: Uint8Array; readonly headersTimeout?: number } {
    if (body === undefined) return {};
    const { idleTimeoutMs = DEFAULT_IDLE_MS } = this.#config;
    return { body, headersTimeout: idleTimeoutMs + (body.length / SLOWEST_UPLOAD_BYTES_PER_SECOND) * 1000 };
  }

  close(): Promise<void> {
    return this.#dispatchers.close();
  }

  #answerOf(data: Dispatcher.ResponseData, { method, url, signal }: SentRequest): HttpAnswer {
    const { body, statusCode } = data;
    const lengthBytes = method === 'HEAD' ? 0 : Number(data.headers['content-length']);
    // A body destroyed before anybody reads it emits its error to nobody.
    body.on('error', () => undefined);
    return {
      status: statusCode,
      headers: joinHeaders(data.headers),
      body: this.#explained(body, url, signal),
      discard: () => void body.destroy(),
      release: () => release(body, lengthBytes),
    };
  }

  async *#explained(body: AsyncIterable<Uint8Array>, url: URL, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      throw await this.#explain(error, url, signal);
    }
  }

  async #explain(error: unknown, url: URL, signal: AbortSignal): Promise<ModelError> {
    const label = redactUrl(url);
    if (signal.aborted) return cancelledError(signal, `reading ${label}`);
    const through = this.#proxies.proxyFor(url)?.reveal();
    const proxy = through === undefined ? undefined : new URL(through);
    // Where only known addresses may be connected to, nobody is asked for a certificate besides.
    const issuer = isTrustFailure(error) && this.#config.guard === undefined ? await certificateIssuer(url, proxy) : undefined;
    const circumstances = { origin: url.origin, issuer, proxy: proxy && `${proxy.protocol}//${proxy.host}` };
    return networkError(error, label, circumstances) ?? asModelError(error);
  }
}

async function release(body: Dispatcher.ResponseData['body'], lengthBytes: number): Promise<void> {
  const timer = setTimeout(() => body.destroy(), DRAIN_MS);
  if (lengthBytes <= DRAIN_BYTES) await body.dump({ limit: DRAIN_BYTES }).catch(() => undefined);
  clearTimeout(timer);
  body.destroy();
}
