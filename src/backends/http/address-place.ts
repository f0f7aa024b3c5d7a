/** What part of the network an address belongs to. Pure. */
import ipaddr from 'ipaddr.js';

/** Public by their number, and yet reached only from inside a cloud: Azure's host of each machine. */
const INSIDE_CLOUDS = ['168.63.129.16'];

const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number];
const NAT64 = ipaddr.parseCIDR('64:ff9b::/96') as [ipaddr.IPv6, number];

const NAMES: Readonly<Record<string, string>> = {
  loopback: 'this machine itself',
  unspecified: 'this machine itself',
  linkLocal: 'link-local, where clouds keep the credentials of their machines',
  private: 'private',
  uniqueLocal: 'private',
  carrierGradeNat: "of a provider's inner network",
};

/**
 * What an address is, in words, where it is none of the public Internet; undefined where it is one. In every notation
 * that a resolver takes (`0x7f.1`), and of IPv4 inside IPv6 the address that is reached. What is in doubt is not public.
 */
export function placeOf(address: string): string | undefined {
  if (!ipaddr.isValid(address)) return 'no address';
  const reached = unwrap(ipaddr.process(address));
  if (INSIDE_CLOUDS.includes(reached.toString())) return 'of a cloud, for its machines alone';
  const range = reached.range();
  if (range !== 'unicast') return NAMES[range] ?? `reserved (${range})`;
  return reached instanceof ipaddr.IPv6 && !reached.match(GLOBAL_UNICAST) ? 'reserved' : undefined;
}

/** Equal for all notations of one address. */
export const plainAddress = (address: string): string => (ipaddr.isValid(address) ? unwrap(ipaddr.process(address)).toString() : address);

/** A translator (RFC 6052) turns these into the IPv4 address in their last four bytes. */
function unwrap(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (!(address instanceof ipaddr.IPv6) || !address.match(NAT64)) return address;
  return new ipaddr.IPv4(address.toByteArray().slice(-4));
}
