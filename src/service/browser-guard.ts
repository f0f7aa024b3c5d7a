/**
 * What browsers can be made to do to a service on their own machine: a foreign name that resolves to it (DNS rebinding), and requests from
 * foreign pages (CSRF). Programs that are no browsers send no Origin, and call the service by its address.
 */
import { isIP } from 'node:net';
import { Refusal } from './refusal.ts';

export interface BrowserHeaders {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly 'sec-fetch-site'?: string | string[] | undefined;
  readonly 'sec-fetch-mode'?: string | string[] | undefined;
}

export interface Called {
  /** By which the service may be called, besides addresses and `localhost`. */
  readonly names: ReadonlySet<string>;
  /** What is asked for is a page: it may be opened by a link from elsewhere. */
  readonly isPage: boolean;
}

/** @throws Refusal host_refused, origin_refused */
export function refuseForeign(headers: BrowserHeaders, { names, isPage }: Called): void {
  const host = hostOf(headers.host);
  if (host === undefined || !isOurs(host.name, names)) {
    throw new Refusal('host_refused', `this service is not called ${JSON.stringify(headers.host ?? '')}`);
  }
  if (headers.origin !== undefined && !isSameOrigin(headers.origin, host.authority)) {
    throw new Refusal('origin_refused', `pages of ${JSON.stringify(headers.origin)} may not use this service`);
  }
  if (isPage && headers['sec-fetch-mode'] === 'navigate') return;
  if (headers['sec-fetch-site'] === 'cross-site' || headers['sec-fetch-site'] === 'same-site') {
    throw new Refusal('origin_refused', 'pages of other sites may not use this service');
  }
}

/** An address cannot be made to resolve to something else. */
const isOurs = (name: string, names: ReadonlySet<string>): boolean => isIP(name) !== 0 || name === 'localhost' || names.has(name);

interface Host {
  /** Lower case, an IPv6 address without brackets. */
  readonly name: string;
  readonly authority: string;
}

const AUTHORITY = /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9._-]{1,253}))(?::\d{1,5})?$/;

function hostOf(header: string | undefined): Host | undefined {
  const authority = header?.toLowerCase() ?? '';
  const match = AUTHORITY.exec(authority);
  return match === null ? undefined : { name: match[1] ?? match[2] ?? '', authority };
}

/** A proxy before the service may speak https. */
const isSameOrigin = (origin: string, authority: string): boolean =>
  ['http', 'https'].some((scheme) => origin.toLowerCase() === `${scheme}://${authority}`);
