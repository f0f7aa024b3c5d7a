/** Which proxy, if any, stands between us and a URL. Pure. */
import { ModelError } from '../../domain/errors.ts';
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

/** When it is used, and not before: a proxy for all may well be set that no URL of ours goes through. @throws ModelError INVALID_CONFIG */
export function checkProxy(text: string): void {
  const { protocol, host, username, password } = new URL(text);
  const isHttp = protocol === 'http:' || protocol === 'https:';
  if (isHttp && isEncoded(username) && isEncoded(password)) return;
  const why = isHttp ? 'its user or password is not percent-encoded' : 'only proxies that speak HTTP can be';
  throw new ModelError('INVALID_CONFIG', `the proxy ${protocol}//${host} cannot be used: ${why}`, {
    reason: 'proxy_url',
    hint: isHttp
      ? 'write each character of theirs that is no letter or digit as % and two hex digits: a % as %25, an @ as %40'
      : 'name an http:// proxy in HTTPS_PROXY and HTTP_PROXY, which come before ALL_PROXY, or the hosts that need none in NO_PROXY',
  });
}

function isEncoded(text: string): boolean {
  try {
    return decodeURIComponent(text) !== undefined;
  } catch {
    return false;
  }
}
