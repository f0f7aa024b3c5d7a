import { request } from 'node:http';
import { request as requestOverTls } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { connect, type PeerCertificate } from 'node:tls';
import { bareHost, portOf } from './host-pattern.ts';

const TIMEOUT_MS = 3000;

/**
 * Who issued the certificate that a host shows, in words, for an error message about it. Sends nothing to it and trusts
 * nothing: the handshake is made only to look at the certificate. Undefined where that fails too.
 * @param proxy through which the host is reached: it may show a certificate of its own
 */
export async function certificateIssuer(url: URL, proxy?: URL): Promise<string | undefined> {
  const host = bareHost(url.hostname);
  const socket = proxy === undefined ? undefined : await tunnel(`${url.hostname}:${portOf(url)}`, proxy);
  if (proxy !== undefined && socket === undefined) return undefined;
  const place = socket === undefined ? { host, port: portOf(url) } : { socket };
  return new Promise((resolve) => {
    // An IP address may not be sent as a server name.
    const shown = connect({ ...place, ...(isIP(host) === 0 && { servername: host }), rejectUnauthorized: false });
    const settle = (issuer?: string) => {
      shown.destroy();
      resolve(issuer);
    };
    shown.setTimeout(TIMEOUT_MS, () => settle());
    shown.once('secureConnect', () => settle(describe(shown.getPeerCertificate().issuer)));
    shown.once('error', () => settle());
  });
}

/** Undefined where the proxy gives none. */
function tunnel(path: string, proxy: URL): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const send = proxy.protocol === 'https:' ? requestOverTls : request;
    const credentials = Buffer.from(`${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`).toString('base64');
    const headers = { host: path, ...(proxy.username !== '' && { 'proxy-authorization': `Basic ${credentials}` }) };
    const place = { hostname: bareHost(proxy.hostname), port: portOf(proxy) };
    const asked = send({ ...place, method: 'CONNECT', path, headers, timeout: TIMEOUT_MS, agent: false });
    asked.once('connect', ({ statusCode }, socket: Socket) => resolve(statusCode === 200 ? socket : void socket.destroy()));
    asked.once('timeout', () => asked.destroy());
    asked.once('close', () => resolve(undefined));
    asked.on('error', () => resolve(undefined));
    asked.end();
  });
}

function describe(issuer: Partial<PeerCertificate['issuer']> | undefined): string | undefined {
  const names = [issuer?.CN, issuer?.O].flat().filter((name) => name !== undefined);
  return names.length === 0 ? undefined : `issued by ${names.join(', ').slice(0, 120)}`;
}
