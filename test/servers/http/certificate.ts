/** X.509 certificates made on the spot (RFC 5280, DER by hand): tests need no openssl, and the repository holds no key. */
import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

export interface CertificateOptions {
  readonly commonName: string;
  /** DNS names and IPv4 addresses that it is for. */
  readonly hosts?: readonly string[];
  readonly isAuthority?: boolean;
  /** Absent: signed by itself. */
  readonly issuer?: Certificate;
  readonly validFrom?: Date;
  readonly validUntil?: Date;
}

export interface Certificate {
  readonly commonName: string;
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

const DAY_MS = 24 * 3600 * 1000;
const [INTEGER, BIT_STRING, OCTET_STRING, OID, UTF8, SEQUENCE, SET, GENERALIZED_TIME, BOOLEAN] = [2, 3, 4, 6, 12, 0x30, 0x31, 24, 1];
const ECDSA_WITH_SHA256 = oid(1, 2, 840, 10045, 4, 3, 2);

export function createCertificate(options: CertificateOptions): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const signer = options.issuer ?? { commonName: options.commonName, key };
  const body = der(SEQUENCE, [
    der(0xa0, [der(INTEGER, Buffer.of(2))]),
    der(INTEGER, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    der(SEQUENCE, [ECDSA_WITH_SHA256]),
    nameOf(signer.commonName),
    der(SEQUENCE, [time(options.validFrom ?? new Date(Date.now() - DAY_MS)), time(options.validUntil ?? new Date(Date.now() + DAY_MS))]),
    nameOf(options.commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, [der(SEQUENCE, extensionsOf(options))]),
  ]);
  const signature = sign('sha256', body, createPrivateKey(signer.key));
  const certificate = der(SEQUENCE, [body, der(SEQUENCE, [ECDSA_WITH_SHA256]), der(BIT_STRING, Buffer.concat([Buffer.of(0), signature]))]);
  const lines = certificate
    .toString('base64')
    .replace(/(.{64})/g, '$1\n')
    .trimEnd();
  return { commonName: options.commonName, key, cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n` };
}

function extensionsOf({ hosts = [], isAuthority = false }: CertificateOptions): Buffer[] {
  const basicConstraints = der(SEQUENCE, isAuthority ? [der(BOOLEAN, Buffer.of(0xff))] : []);
  const names = hosts.map((host) => (isIPv4(host) ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host))));
  return [
    der(SEQUENCE, [oid(2, 5, 29, 19), der(BOOLEAN, Buffer.of(0xff)), der(OCTET_STRING, [basicConstraints])]),
    ...(names.length === 0 ? [] : [der(SEQUENCE, [oid(2, 5, 29, 17), der(OCTET_STRING, [der(SEQUENCE, names)])])]),
  ];
}

const nameOf = (commonName: string): Buffer =>
  der(SEQUENCE, [der(SET, [der(SEQUENCE, [oid(2, 5, 4, 3), der(UTF8, Buffer.from(commonName))])])]);

const time = (date: Date): Buffer => der(GENERALIZED_TIME, Buffer.from(`${date.toISOString().replace(/[-:T]|\..*/g, '')}Z`));

function oid(first: number, second: number, ...rest: number[]): Buffer {
  const bytes = rest.flatMap((arc) => {
    const digits = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) digits.unshift(0x80 | (left & 0x7f));
    return digits;
  });
  return der(OID, Buffer.from([first * 40 + second, ...bytes]));
}

function der(tag: number, content: Buffer | readonly Buffer[]): Buffer {
  const body = Buffer.isBuffer(content) ? content : Buffer.concat(content);
  const length =
    body.length < 0x80 ? [body.length] : body.length < 0x100 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}
