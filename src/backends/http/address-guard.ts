/**
 * For URLs that come from a caller: no connection to an address that is not of the public Internet, so that nobody makes
 * this machine ask what only it can reach (SSRF). A name is looked up once, all its addresses are judged, and the
 * connection goes to just these: a name that means another address a moment later (DNS rebinding) gains nothing.
 */
import { type LookupAddress, lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';
import { ModelError } from '../../domain/errors.ts';
import { placeOf, plainAddress } from './address-place.ts';
import { bareHost, type HostPattern, hostPattern, portOf } from './host-pattern.ts';

export interface AddressGuardOptions {
  /** Hosts that may be reached whatever their addresses: see host-pattern.ts. */
  readonly allowedHosts: readonly string[];
  /** How names are looked up: as the system does. */
  readonly lookup?: typeof lookup;
}

export class AddressGuard {
  readonly #allowed: readonly HostPattern[];
  readonly #lookup: typeof lookup;

  constructor({ allowedHosts, lookup: resolve = lookup }: AddressGuardOptions) {
    this.#allowed = allowedHosts.map((host) => hostPattern(host, 'itself'));
    this.#lookup = resolve;
  }

  /** Whether the host is allowed by what the URL calls it. */
  isNamed(url: URL): boolean {
    return this.#isAllowed(bareHost(url.hostname), portOf(url));
  }

  /**
   * What can be judged before there is a connection; of a name the rest follows in {@link lookup}.
   * @param isDirect whether a connection is made from here: a proxy would look the name up itself
   * @throws ModelError SOURCE_UNAVAILABLE, address_forbidden
   */
  check(url: URL, isDirect: boolean): void {
    if (this.isNamed(url)) return;
    if (!isDirect) throw forbidden(url.host, 'is reached through a proxy, so that nobody here knows its address');
    const host = bareHost(url.hostname);
    if (isIP(host) !== 0) this.#judge(host, host);
  }

  /** Node's lookup, for connections to hosts that are not named. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    this.#lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const refusal = error ?? this.#refusalOf(hostname, addresses);
      const [first] = addresses ?? [];
      if (refusal !== undefined || first === undefined) return callback(refusal ?? notFound(hostname), []);
      if (options.all === true) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };

  #refusalOf(hostname: string, addresses: readonly LookupAddress[]): ModelError | undefined {
    try {
      for (const { address } of addresses) this.#judge(hostname, address);
      return undefined;
    } catch (error) {
      if (error instanceof ModelError) return error;
      throw error;
    }
  }

  #judge(host: string, address: string): void {
    if (this.#isAllowed(plainAddress(address), undefined)) return;
    const place = isOwn(address) ? 'this machine itself' : placeOf(address);
    if (place === undefined) return;
    throw forbidden(host, host === address ? `is an address that is ${place}` : `has the address ${address}, which is ${place}`);
  }

  #isAllowed(host: string, port: number | undefined): boolean {
    return this.#allowed.some((matches) => matches(host, port));
  }
}

/** One that the Internet knows this machine by: from here it leads past every firewall. */
function isOwn(address: string): boolean {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return own.some((one) => plainAddress(one.address) === plainAddress(address));
}

function forbidden(host: string, why: string): ModelError {
  return new ModelError('SOURCE_UNAVAILABLE', `${host} ${why}: a URL from a caller may not lead there`, {
    reason: 'address_forbidden',
    retryable: false,
    hint: 'if it shall: name the host or its network in allowed_internal_hosts in your wan.toml (WAN_ALLOWED_INTERNAL_HOSTS)',
    details: { host },
  });
}

const notFound = (hostname: string): NodeJS.ErrnoException => Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' });
