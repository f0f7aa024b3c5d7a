import { connect } from 'node:tls';

const TIMEOUT_MS = 3000;

/**
 * Who issued the certificate that a host shows, in words, for an error message about it. Sends nothing and trusts
 * nothing: the handshake is made only to look at the certificate. Undefined where that fails too.
 */
export function certificateIssuer(url: URL): Promise<string | undefined> {
  return new Promise((resolve) => {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const socket = connect({ host, port: Number(url.port || 443), ...serverName(host), rejectUnauthorized: false, timeout: TIMEOUT_MS });
    const settle = (issuer?: string) => {
      socket.destroy();
      resolve(issuer);
    };
    socket.once('secureConnect', () => settle(describe(socket.getPeerCertificate().issuer)));
    socket.once('timeout', () => settle());
    socket.once('error', () => settle());
  });
}

function describe(issuer: { readonly CN?: string | string[]; readonly O?: string | string[] } | undefined): string | undefined {
  const names = [issuer?.CN, issuer?.O].flat().filter((name) => name !== undefined);
  return names.length === 0 ? undefined : `issued by ${names.join(', ').slice(0, 120)}`;
}

/** An IP address may not be sent as a server name. */
const serverName = (host: string) => (/^[\d.]+$|:/.test(host) ? {} : { servername: host });
