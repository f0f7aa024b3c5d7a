/** Which proxy, if any, stands between us and a URL. Pure. */
import type { Secret } from '../../domain/secret.ts';
import { bareHost, type HostPattern, hostPattern, portOf } from './host-pattern.ts';

export interface ProxyConfig {
  /** Proxy URL for `http://`, credentials included. */
  readonly httpProxy?: Secret | undefined;
  readonly httpsProxy?: Secret | undefined;
  /** Where the one above is not set. */
  readonly allProxy?: Secret | undefined;
  /** See host-pattern.ts. */
  readonly noProxy?: readonly string[] | undefined;
}

export class ProxyRules {
  readonly #config: ProxyConfig;
  readonly #exceptions: readonly HostPattern[];

  constructor(config: ProxyConfig) {
    this.#config = config;
    this.#exceptions = (config.noProxy ?? []).map((entry) => hostPattern(entry, 'subdomains-too'));
  }

  proxyFor(url: URL): Secret | undefined {
    if (this.#exceptions.some((matches) => matches(bareHost(url.hostname), portOf(url)))) return undefined;
    const own = url.protocol === 'https:' ? this.#config.httpsProxy : this.#config.httpProxy;
    return own ?? this.#config.allProxy;
  }
}
