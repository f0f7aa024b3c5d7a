import { isIPv4 } from 'node:net';

/** Whether an address is one that only this machine can reach. */
export const isLoopback = (host: string): boolean =>
  host.toLowerCase() === 'localhost' || host === '::1' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'));
