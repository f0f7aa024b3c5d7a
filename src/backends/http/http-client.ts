/** Requests over shared, kept-alive connections; proxies and authorities as configured. undici is loaded at the first one. */
import type { Agent, Dispatcher, ProxyAgent } from 'undici';
import { cancelledError, throwIfCancelled } from '../../domain/cancelled.ts';
import { asModelError, type ModelError } from '../../domain/errors.ts';
import { redactUrl } from '../../util/redact-url.ts';
import { certificateIssuer } from './certificate-issuer.ts';
import type { HttpConfig } from './http-config.ts';
import { type HttpHeaders, joinHeaders } from './http-headers.ts';
import { isTrustFailure, networkError } from './network-error.ts';
import { ProxyRules } from './proxy-rules.ts';
import { trustedAuthorities } from './trusted-authorities.ts';

const CONNECT_TIMEOUT_MS = 15_000;
const IDLE_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_MS = 15_000;
/** What is read to its end rather than cut off with its connection, when nobody wants it. */
const DRAIN_BYTES = 4096;
const DRAIN_MS = 1000;
/** Hubs send a few KiB, mostly signed locations and policies. */
const MAX_HEADER_BYTES = 64 * 1024;
/** Node's 250 ms gives up on far hosts; a dead IPv6 route then costs one second, once a connection. */
const ADDRESS_ATTEMPT_MS = 1000;

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

interface SentRequest extends Pick<HttpRequest, 'url' | 'signal'> {
  readonly method: 'GET' | 'HEAD';
}

interface Dispatchers {
  readonly direct: Agent;
  proxied(proxyUrl: string): ProxyAgent;
  close(): Promise<void>;
}

export class HttpClient {
  readonly #config: HttpConfig;
  readonly #proxies: ProxyRules;
  #dispatchers: Promise<Dispatchers> | undefined;

  constructor(config: HttpConfig = {}) {
    this.#config = config;
    this.#proxies = new ProxyRules(config);
  }

  get userAgent(): string {
    return this.#config.userAgent ?? 'wan-models';
  }

  /** Whether a plain TCP or TLS connection reaches the URL's server, with no authorities but the default ones. */
  isDirect(url: URL): boolean {
    const needsAuthorities = url.protocol === 'https:' && (this.#config.caFiles?.length ?? 0) > 0;
    return !needsAuthorities && this.#proxies.proxyFor(url) === undefined;
  }

  /** Redirects are answers here. @throws ModelError of a connection that failed. */
  get(request: HttpRequest): Promise<HttpAnswer> {
    return this.#send('GET', request);
  }

  /** As {@link get}, without the body. */
  head(request: HttpRequest): Promise<HttpAnswer> {
    return this.#send('HEAD', request);
  }

  async #send(method: 'GET' | 'HEAD', { url, headers, signal }: HttpRequest): Promise<HttpAnswer> {
    throwIfCancelled(signal, `asking ${url.host}`);
    try {
      const dispatcher = await this.#dispatcherFor(url);
      const path = url.pathname + url.search;
      const data = await dispatcher.request({ origin: url.origin, path, method, headers: { ...headers }, signal });
      return this.#answerOf(data, { method, url, signal });
    } catch (error) {
      throw await this.#explain(error, url, signal);
    }
  }

  async close(): Promise<void> {
    const dispatchers = this.#dispatchers;
    this.#dispatchers = undefined;
    // That they could not be made was told to whoever asked for them.
    await dispatchers?.then(
      ({ close }) => close(),
      () => undefined,
    );
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
    const isOpenToUs = this.#proxies.proxyFor(url) === undefined;
    const issuer = isTrustFailure(error) && isOpenToUs ? await certificateIssuer(url) : undefined;
    return networkError(error, label, issuer) ?? asModelError(error);
  }

  async #dispatcherFor(url: URL): Promise<Dispatcher> {
    this.#dispatchers ??= createDispatchers(this.#config);
    const dispatchers = await this.#dispatchers;
    const proxy = this.#proxies.proxyFor(url);
    return proxy === undefined ? dispatchers.direct : dispatchers.proxied(proxy.reveal());
  }
}

async function release(body: Dispatcher.ResponseData['body'], lengthBytes: number): Promise<void> {
  const timer = setTimeout(() => body.destroy(), DRAIN_MS);
  if (lengthBytes <= DRAIN_BYTES) await body.dump({ limit: DRAIN_BYTES }).catch(() => undefined);
  clearTimeout(timer);
  body.destroy();
}

async function createDispatchers(config: HttpConfig): Promise<Dispatchers> {
  const [undici, ca] = await Promise.all([import('undici'), trustedAuthorities(config.caFiles ?? [])]);
  const connectTimeoutMs = config.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
  const idleTimeoutMs = config.idleTimeoutMs ?? IDLE_TIMEOUT_MS;
  const tls = { allowH2: false, ...(ca !== undefined && { ca }) };
  const options = {
    // One TCP connection would carry all ranges of a file: no faster than one of them.
    allowH2: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: idleTimeoutMs,
    bodyTimeout: idleTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
  const family = { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS };
  const direct = new undici.Agent({ ...options, connect: { ...tls, ...family, timeout: connectTimeoutMs } });
  const proxied = new Map<string, ProxyAgent>();
  const createProxied = (uri: string) => {
    const agent = new undici.ProxyAgent({
      ...options,
      uri,
      connectTimeout: connectTimeoutMs,
      requestTls: tls,
      proxyTls: { ...tls, ...family },
    });
    proxied.set(uri, agent);
    return agent;
  };
  return {
    direct,
    proxied: (uri) => proxied.get(uri) ?? createProxied(uri),
    close: async () => void (await Promise.all([direct, ...proxied.values()].map((agent) => agent.destroy()))),
  };
}
