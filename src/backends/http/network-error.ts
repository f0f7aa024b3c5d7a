/** What a failed connection throws (Node's and undici's codes) -> ModelError. Pure. */
import { type ErrorCode, ModelError, type ModelErrorOptions } from '../../domain/errors.ts';
import { proxyAuthError } from './status-error.ts';

interface Kind {
  readonly code: ErrorCode;
  readonly reason: string;
  /** Follows the label in a sentence. */
  readonly says: string;
  readonly retryable?: boolean;
}

const unavailable = (reason: string, says: string, retryable = true): Kind => ({ code: 'SOURCE_UNAVAILABLE', reason, says, retryable });
const timeout = (reason: string, says: string): Kind => ({ code: 'NETWORK_TIMEOUT', reason, says });
const untrusted = (reason: string, says: string): Kind => ({ code: 'TLS_UNTRUSTED', reason, says });

const RESET = unavailable('connection_reset', 'closed the connection');
const UNREACHABLE = unavailable('unreachable', 'cannot be reached from here');
const UNKNOWN_ISSUER = untrusted('unknown_issuer', 'shows a certificate of an issuer that is not trusted here');

const INVALID_CERTIFICATE = untrusted('certificate_invalid', 'shows a certificate that is not valid');
/** Of undici, which gives it a code only where its parser has one. */
const PARSER_ERROR = 'HTTPParserError';
/** What OpenSSL makes of an answer in plain HTTP. */
const NOT_TLS = 'ERR_SSL_WRONG_VERSION_NUMBER';

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
  UND_ERR_PRX_CONN: unavailable('proxy_unreachable', 'stands behind a proxy that closed the connection'),
  UND_ERR_PRX_TLS: unavailable('proxy_tls', 'stands behind a proxy whose certificate is not trusted', false),
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
  CERT_HAS_EXPIRED: untrusted('certificate_expired', 'shows a certificate that has expired'),
  CERT_NOT_YET_VALID: untrusted('certificate_not_yet_valid', 'shows a certificate that is not valid yet (is the clock right here?)'),
  CERT_REVOKED: untrusted('certificate_revoked', 'shows a certificate that was revoked'),
  ERR_TLS_CERT_ALTNAME_INVALID: untrusted('hostname_mismatch', 'shows a certificate that is for another host name'),
};

/** Failures that a certificate's issuer explains. */
export const isTrustFailure = (error: unknown): boolean => kindOf(codeOf(error))?.reason === UNKNOWN_ISSUER.reason;

export interface ShownCertificate {
  /** Of the server that shows it. */
  readonly origin?: string;
  /** Of the certificate that it shows, where that is known. */
  readonly issuer?: string | undefined;
}

const trustHint = (origin: string): string =>
  `if this is the issuer of your own network, trust its CA: at this origin alone with "${origin}" = "/path/to/ca.pem" under [origin_ca_files] in your wan.toml (or WAN_ORIGIN_CA_FILES=${origin}=/path/to/ca.pem), everywhere with ca_files or NODE_EXTRA_CA_CERTS=/path/to/ca.pem`;

/** Undefined for what is no failure of a connection, but a bug. */
export function networkError(error: unknown, label: string, certificate: ShownCertificate = {}): ModelError | undefined {
  if (error instanceof ModelError) return error;
  const code = codeOf(error);
  if (code === undefined) return undefined;
  const message = error instanceof Error ? error.message : '';
  if (/\b407\b/.test(message) && /proxy/i.test(message)) return proxyAuthError(label, { cause: error });
  const kind = proxyRefusal(message) ?? kindOf(code);
  if (kind === undefined) return undefined;
  const { issuer } = certificate;
  return new ModelError(
    kind.code,
    `${label} ${kind.says}${issuer === undefined ? '' : ` (${issuer})`} [${code}]`,
    optionsOf(kind, error, certificate),
  );
}

function kindOf(code: string | undefined): Kind | undefined {
  if (code === undefined) return undefined;
  if (code === PARSER_ERROR || code.startsWith('HPE_')) return unavailable('bad_answer', 'answered with something that is not HTTP', false);
  if (code === NOT_TLS) return unavailable('not_tls', 'does not speak TLS', false);
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return untrusted('tls_protocol', 'does not speak a version of TLS that is safe');
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
  return status === undefined ? undefined : unavailable('proxy_refused', `stands behind a proxy that answered with status ${status}`);
}

function optionsOf(kind: Kind, cause: unknown, { origin, issuer }: ShownCertificate): ModelErrorOptions {
  return {
    reason: kind.reason,
    cause,
    ...(kind.reason === 'not_tls' && { hint: 'if it speaks plain HTTP, its URL has to begin with http://' }),
    ...(kind === UNKNOWN_ISSUER && origin !== undefined && { hint: trustHint(origin) }),
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
