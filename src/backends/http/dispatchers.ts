/** undici's dispatchers, one for each set of authorities and proxy: what one trusts, no other one's connection or session is used for. */
import { getCACertificates } from 'node:tls';
import type { Dispatcher } from 'undici';
import type { AddressGuard } from './address-guard.ts';
import type { HttpConfig } from './http-config.ts';
import { checkProxy } from './proxy-rules.ts';
import { TrustedAuthorities } from './trusted-authorities.ts';

const CONNECT_TIMEOUT_MS = 15_000;
const IDLE_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_MS = 15_000;
/** Hubs send a few KiB, mostly signed locations and policies. */
const MAX_HEADER_BYTES = 64 * 1024;
/** Node's 250 ms gives up on far hosts; a dead IPv6 route then costs one second, once a connection. */
const ADDRESS_ATTEMPT_MS = 1000;
const FAMILY = { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS };

export class Dispatchers {
  readonly authorities: TrustedAuthorities;
  readonly #config: HttpConfig;
  readonly #made = new Map<string, Promise<Dispatcher>>();

  constructor(config: HttpConfig) {
    this.#config = config;
    this.authorities = new TrustedAuthorities(config);
  }

  /** @throws ModelError INVALID_CONFIG, ca_file, proxy_url */
  async dispatcherFor(url: URL, proxy: string | undefined): Promise<Dispatcher> {
    const trusted = await this.authorities.beyondDefault(url);
    const guard = this.#config.guard?.isNamed(url) === false ? this.#config.guard : undefined;
    const key = JSON.stringify([trusted, proxy, guard !== undefined]);
    const made = this.#made.get(key) ?? this.#make(trusted, proxy, guard);
    this.#made.set(key, made);
    return made;
  }

  async close(): Promise<void> {
    const made = [...this.#made.values()];
    this.#made.clear();
    // That one could not be made was told to whoever asked for it.
    for (const one of await Promise.allSettled(made)) if (one.status === 'fulfilled') await one.value.destroy();
  }

  async #make(trusted: string | undefined, proxy: string | undefined, guard: AddressGuard | undefined): Promise<Dispatcher> {
    const undici = await import('undici');
    const connectTimeoutMs = this.#config.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
    const idleTimeoutMs = this.#config.idleTimeoutMs ?? IDLE_TIMEOUT_MS;
    const options = {
      // One TCP connection would carry all ranges of a file: no faster than one of them.
      allowH2: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: idleTimeoutMs,
      bodyTimeout: idleTimeoutMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
    };
    const lookup = guard === undefined ? {} : { lookup: guard.lookup };
    const connect = { ...tls(trusted), ...FAMILY, ...lookup, timeout: connectTimeoutMs };
    if (proxy === undefined) return new undici.Agent({ ...options, connect });
    checkProxy(proxy);
    return new undici.ProxyAgent({
      ...options,
      uri: proxy,
      connectTimeout: connectTimeoutMs,
      requestTls: tls(trusted),
      proxyTls: { ...tls(await this.authorities.beyondDefault(new URL(proxy))), ...FAMILY },
    });
  }
}

const tls = (trusted: string | undefined) => ({
  allowH2: false,
  ...(trusted !== undefined && { ca: [...getCACertificates('default'), trusted] }),
});
