/** Hosts as lists of them are written: `host`, `.suffix`, `*.suffix`, `host:port`, `10.0.0.0/8`, `[::1]:80`, `*`. Pure. */
import { BlockList, isIP } from 'node:net';

/** @param port undefined where only the host is known: what names a port then matches nothing */
export type HostPattern = (host: string, port: number | undefined) => boolean;

/** @param plainCovers what a name without a dot or star before it stands for */
export function hostPattern(text: string, plainCovers: 'itself' | 'subdomains-too'): HostPattern {
  const entry = text.trim().toLowerCase();
  if (entry === '') return () => false;
  if (entry === '*') return () => true;
  const [, name = entry, portText] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry) ?? [];
  const isIts = hostsOf(name, plainCovers);
  return (host, port) => (portText === undefined || port === Number(portText)) && isIts(host);
}

function hostsOf(name: string, plainCovers: 'itself' | 'subdomains-too'): (host: string) => boolean {
  const network = networkOf(name);
  if (network !== undefined) return (host) => isInside(network, host);
  const isSuffix = plainCovers === 'subdomains-too' || /^\*?\./.test(name);
  const wanted = bareHost(name.replace(/^\*?\./, ''));
  return (host) => host === wanted || (isSuffix && host.endsWith(`.${wanted}`));
}

/** The host of a URL without brackets, last dot and capitals. */
export const bareHost = (host: string): string =>
  host
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();

export const portOf = (url: URL): number => (url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port));

/** `10.0.0.0/8`, `fd00::/8`. */
function networkOf(entry: string): BlockList | undefined {
  const [address = '', bits = ''] = entry.split('/');
  const version = isIP(bareHost(address));
  if (version === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (version === 4 ? 32 : 128)) return undefined;
  const network = new BlockList();
  network.addSubnet(bareHost(address), Number(bits), version === 4 ? 'ipv4' : 'ipv6');
  return network;
}

function isInside(network: BlockList, host: string): boolean {
  const version = isIP(host);
  return version !== 0 && network.check(host, version === 4 ? 'ipv4' : 'ipv6');
}
