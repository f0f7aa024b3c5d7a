/** What a failed connection throws (Node's and undici's codes) -> ModelError. Pure. */
import { type ErrorCode, ModelError, type ModelErrorOptions } from '../../domain/errors.ts';
import { proxyAuthError } from './status-error.ts';

interface Kind {
  readonly code: ErrorCode;
  readonly reason: string;
  /** Follows the label in a sentence. */
  readonly says: string;
  readonly retryable?: boolean;
  readonly hint?: string;
  /** What it says, it says of the proxy. */
  readonly ofProxy?: true;
}

const unavailable = (reason: string, says: string, retryable = true): Kind => ({ code: 'SOURCE_UNAVAILABLE', reason, says, retryable });
const timeout = (reason: string, says: string): Kind => ({ code: 'NETWORK_TIMEOUT', reason, says });
const untrusted = (reason: string, says: string, hint: string): Kind => ({ code: 'TLS_UNTRUSTED', reason, says, hint });
const ofProxy = (kind: Kind): Kind => ({ ...kind, ofProxy: true, hint: PROXY_HINT });

const PROXY_HINT =
  'check the proxy (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY); hosts that are to be reached without it are named in NO_PROXY: `wan doctor` shows where the setting comes from';
const RENEW_HINT = 'check the clock of this machine; where it is right, whoever runs the server has to renew the certificate';
const URL_HINT = 'check scheme, host and port of the URL';

const RESET = unavailable('connection_reset', 'closed the connection');
const UNREACHABLE = unavailable('unreachable', 'cannot be reached from here');
/** Its hint names the origin. */
const UNKNOWN_ISSUER = untrusted('unknown_issuer', 'shows a certificate of an issuer that is not trusted here', '');
const INVALID_CERTIFICATE = untrusted('certificate_invalid', 'shows a certificate that is not valid', 'tell whoever runs the server');
const NO_TLS = untrusted('tls_absent', 'does not answer in TLS', `if it speaks plain http, its URL has to begin with http://: ${URL_HINT}`);
const CLIENT_CERTIFICATE = untrusted(
  'client_certificate',
  'wants a certificate of ours, and there is no way to give it one',
  'use an address of the server that asks for none, or another source',
);
const TLS_PROTOCOL = untrusted('tls_protocol', 'agrees on no version of TLS that is safe', `${URL_HINT}, and what the server speaks`);
/** Of undici, which gives it a code only where its parser has one. */
const PARSER_ERROR = 'HTTPParserError';

const KINDS: Readonly<Record<string, Kind>> = {
  ENOTFOUND: unavailable('dns', 'has a host name that does not resolve'),
  EAI_AGAIN: unavailable('dns', 'has a host name that cannot be resolved now'),
  ECONNREFUSED: unavailable('refused', 'refused the connection'),
  ECONNRESET: RESET,
  EPIPE: RESET,
  UND_ERR_SOCKET: RESET,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  EADDRNOTAVAIL: UNREACHABLE,
  UND_ERR_HEADERS_OVERFLOW: unavailable('headers_too_large', 'sent more header bytes than any honest answer has', false),
  UND_ERR_PRX_CONN: ofProxy(unavailable('proxy_unreachable', 'closed the connection')),
  UND_ERR_PRX_TLS: ofProxy(unavailable('proxy_tls', 'shows a certificate that is not trusted', false)),
  ETIMEDOUT: timeout('connect_timeout', 'did not accept a connection in time'),
  UND_ERR_CONNECT_TIMEOUT: timeout('connect_timeout', 'did not accept a connection in time'),
  UND_ERR_HEADERS_TIMEOUT: timeout('headers_timeout', 'took the request and did not answer in time'),
  UND_ERR_BODY_TIMEOUT: timeout('body_timeout', 'stopped sending'),
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: { code: 'INCOMPLETE_DOWNLOAD', reason: 'body_short', says: 'sent fewer bytes than it promised' },
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_ISSUER,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_ISSUER,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_ISSUER,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_ISSUER,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_ISSUER,
  CERT_UNTRUSTED: UNKNOWN_ISSUER,
  INVALID_CA: UNKNOWN_ISSUER,
  CERT_HAS_EXPIRED: untrusted('certificate_expired', 'shows a certificate that has expired', RENEW_HINT),
  CERT_NOT_YET_VALID: untrusted('certificate_not_yet_valid', 'shows a certificate that is not valid yet', RENEW_HINT),
  CERT_REVOKED: untrusted('certificate_revoked', 'shows a certificate that was revoked', 'tell whoever runs the server'),
  ERR_TLS_CERT_ALTNAME_INVALID: untrusted(
    'hostname_mismatch',
    'shows a certificate that is for another host name',
    'use the name that the certificate is for; a server that answers for another one may stand in its place',
  ),
};

/** Failures that a certificate's issuer explains. */
export const isTrustFailure = (error: unknown): boolean => kindOf(codeOf(error))?.reason === UNKNOWN_ISSUER.reason;

export interface Circumstances {
  /** Of the server. */
  readonly origin?: string;
  /** Of the certificate that it shows, where that is known. */
  readonly issuer?: string | undefined;
  /** The proxy before it, without credentials. */
  readonly proxy?: string | undefined;
}

const trustHint = (origin: string): string =>
  `if this is the issuer of your own network, trust its CA: at this origin alone with "${origin}" = "/path/to/ca.pem" under [origin_ca_files] in your wan.toml (or WAN_ORIGIN_CA_FILES=${origin}=/path/to/ca.pem), everywhere with ca_files or NODE_EXTRA_CA_CERTS=/path/to/ca.pem`;

/** Undefined for what is no failure of a connection, but a bug. */
export function networkError(error: unknown, label: string, circumstances: Circumstances = {}): ModelError | undefined {
  if (error instanceof ModelError) return error;
  const code = codeOf(error);
  if (code === undefined) return undefined;
  const { issuer, proxy } = circumstances;
  const message = error instanceof Error ? error.message : '';
  const before = `the proxy ${proxy === undefined ? '' : `${proxy} `}before ${label}`;
  if (/\b407\b/.test(message) && /proxy/i.test(message)) return proxyAuthError(before, { cause: error });
  const kind = proxyRefusal(message) ?? behindProxy(kindOf(code), proxy);
  if (kind === undefined) return undefined;
  const behind = proxy === undefined || kind.ofProxy ? '' : `, behind the proxy ${proxy}`;
  const says = `${kind.ofProxy ? before : label} ${kind.says}${issuer === undefined ? '' : ` (${issuer})`}${behind} [${code}]`;
  return new ModelError(kind.code, says, optionsOf(kind, error, circumstances));
}

/** What is looked up and connected to is the proxy alone. */
function behindProxy(kind: Kind | undefined, proxy: string | undefined): Kind | undefined {
  const isOfConnecting = kind?.reason === 'dns' || kind?.reason === 'refused' || kind?.reason === 'unreachable';
  return proxy !== undefined && isOfConnecting ? ofProxy({ ...kind, reason: 'proxy_unreachable' }) : kind;
}

function kindOf(code: string | undefined): Kind | undefined {
  if (code === undefined) return undefined;
  if (code === PARSER_ERROR || code.startsWith('HPE_')) return unavailable('bad_answer', 'answered with something that is not HTTP', false);
  if (/^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP)/.test(code)) return NO_TLS;
  if (/^ERR_SSL_.*(?:CERTIFICATE_REQUIRED|BAD_CERTIFICATE)$/.test(code)) return CLIENT_CERTIFICATE;
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return TLS_PROTOCOL;
  return KINDS[code] ?? restOf(code);
}

/** Of Node's own codes only these come from outside; an ERR_INVALID_… is a bug of ours. */
function restOf(code: string): Kind | undefined {
  if (/^(?:CERT|CRL|UNABLE_TO|ERR_TLS_CERT|EE_KEY|CA_|INVALID_|PATH_LENGTH|HOSTNAME_MISMATCH)/.test(code)) return INVALID_CERTIFICATE;
  return /^(?:E[A-Z]+$|EAI_|UND_ERR_(?!INVALID))/.test(code) ? unavailable('network', 'failed') : undefined;
}

/** undici tells a refused CONNECT only in its message. */
function proxyRefusal(message: string): Kind | undefined {
  const status = /^Proxy response \((\d+)\)/.exec(message)?.[1];
  return status === undefined ? undefined : ofProxy(unavailable('proxy_refused', `lets nobody through to it (status ${status})`));
}

function optionsOf(kind: Kind, cause: unknown, { origin, issuer }: Circumstances): ModelErrorOptions {
  const hint = kind === UNKNOWN_ISSUER ? origin && trustHint(origin) : kind.hint;
  return {
    reason: kind.reason,
    cause,
    ...(hint && { hint }),
    ...(kind.retryable !== undefined && { retryable: kind.retryable }),
    ...(issuer !== undefined && { details: { issuer } }),
  };
}

/** Of several addresses tried at once, the first failure speaks for all. */
function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string') return code;
  if (error instanceof Error && error.name === PARSER_ERROR) return PARSER_ERROR;
  return error instanceof AggregateError && error.errors.length > 0 ? codeOf(error.errors[0]) : undefined;
}
