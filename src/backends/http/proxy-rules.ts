/** Which proxy, if any, stands between us and a URL. Pure. */
import { BlockList, isIP } from 'node:net';
import type { Secret } from '../../domain/secret.ts';

export interface ProxyConfig {
  /** Proxy URL for `http://`, credentials included. */
  readonly httpProxy?: Secret | undefined;
  readonly httpsProxy?: Secret | undefined;
  /** Where the one above is not set. */
  readonly allProxy?: Secret | undefined;
  /** `host`, `.suffix`, `*.suffix`, `host:port`, `10.0.0.0/8`, `[::1]:80`, `*`. */
  readonly noProxy?: readonly string[] | undefined;
}

export class ProxyRules {
  readonly #config: ProxyConfig;
  readonly #exceptions: readonly ((host: string, port: number) => boolean)[];

  constructor(config: ProxyConfig) {
    this.#config = config;
    this.#exceptions = (config.noProxy ?? []).map((entry) => exceptionOf(entry.trim().toLowerCase()));
  }

  proxyFor(url: URL): Secret | undefined {
    const host = bare(url.hostname);
    const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
    if (this.#exceptions.some((matches) => matches(host, port))) return undefined;
    const own = url.protocol === 'https:' ? this.#config.httpsProxy : this.#config.httpProxy;
    return own ?? this.#config.allProxy;
  }
}

function exceptionOf(entry: string): (host: string, port: number) => boolean {
  if (entry === '') return () => false;
  if (entry === '*') return () => true;
  const network = networkOf(entry);
  if (network !== undefined) return (host) => isInside(network, host);
  const [, name = entry, portText] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry) ?? [];
  const wanted = bare(name.replace(/^\*?\./, ''));
  return (host, port) => (portText === undefined || port === Number(portText)) && (host === wanted || host.endsWith(`.${wanted}`));
}

/** `10.0.0.0/8`, `fd00::/8`. */
function networkOf(entry: string): BlockList | undefined {
  const [address = '', bits = ''] = entry.split('/');
  const version = isIP(bare(address));
  if (version === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (version === 4 ? 32 : 128)) return undefined;
  const network = new BlockList();
  network.addSubnet(bare(address), Number(bits), version === 4 ? 'ipv4' : 'ipv6');
  return network;
}

function isInside(network: BlockList, host: string): boolean {
  const version = isIP(host);
  return version !== 0 && network.check(host, version === 4 ? 'ipv4' : 'ipv6');
}

const bare = (host: string): string =>
  host
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
