/** Where a redirect may lead. Pure. */
import { BlockList, isIP } from 'node:net';
import { ModelError } from '../../domain/errors.ts';
import { redactUrl } from '../../util/redact-url.ts';

export const MAX_REDIRECTS = 10;

export const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

/** The machine itself, and link-local addresses, where clouds keep their instance credentials. */
const OWN_MACHINE = new BlockList();
OWN_MACHINE.addSubnet('127.0.0.0', 8, 'ipv4');
OWN_MACHINE.addSubnet('0.0.0.0', 8, 'ipv4');
OWN_MACHINE.addSubnet('169.254.0.0', 16, 'ipv4');
OWN_MACHINE.addAddress('::1', 'ipv6');
OWN_MACHINE.addAddress('::', 'ipv6');
OWN_MACHINE.addSubnet('fe80::', 10, 'ipv6');

/**
 * The URL that a redirect leads to.
 * @throws ModelError SOURCE_UNAVAILABLE, reason redirect_unsafe, for one from https to http, to another scheme, with
 *   credentials in it, or from elsewhere to an address of this machine.
 */
export function nextHop(from: URL, location: string | undefined): URL {
  const to = location !== undefined && URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to === undefined) throw unsafe(from, 'nowhere: its Location is missing or no URL');
  if (to.protocol !== 'http:' && to.protocol !== 'https:') throw unsafe(from, `a ${to.protocol} URL`);
  if (from.protocol === 'https:' && to.protocol === 'http:')
    throw unsafe(from, 'plain http, where anybody on the way can change the bytes');
  if (to.username !== '' || to.password !== '') throw unsafe(from, 'a URL with credentials in it');
  if (isOwnMachine(to.hostname) && !isOwnMachine(from.hostname)) throw unsafe(from, `this machine itself (${to.hostname})`);
  to.hash = '';
  return to;
}

/** Credentials stay with scheme, host and port that they were given for (RFC 6454). */
export const isSameOrigin = (a: URL, b: URL): boolean => a.origin === b.origin;

export function tooManyRedirects(from: URL, isLoop: boolean): ModelError {
  return unavailable(from, isLoop ? 'redirects in a loop' : `redirects more than ${MAX_REDIRECTS} times`, 'redirect_loop');
}

function isOwnMachine(hostname: string): boolean {
  const host = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  const version = isIP(host);
  return version !== 0 && OWN_MACHINE.check(host, version === 6 ? 'ipv6' : 'ipv4');
}

const unsafe = (from: URL, to: string): ModelError => unavailable(from, `redirects to ${to}; that is not followed`, 'redirect_unsafe');

function unavailable(from: URL, says: string, reason: string): ModelError {
  return new ModelError('SOURCE_UNAVAILABLE', `${redactUrl(from)} ${says}`, { reason, retryable: false });
}
