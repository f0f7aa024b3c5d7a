/** HTTP statuses that are not an answer -> ModelError. Pure. */
import { ModelError, type ModelErrorOptions } from '../../domain/errors.ts';
import type { ResponseHead } from './check-response.ts';
import { waitMsAfter } from './rate-limit.ts';
import { parseRetryAfterMs } from './retry-after.ts';
import { EXPIRED_HINT } from './signed-url.ts';
import { excerptOf } from './sniff-body.ts';

export interface RefusedRequest {
  /** Redacted URL of the file. */
  readonly label: string;
  /** The start of the body, as text. */
  readonly bodyStart: string;
  /** Whether the request carried credentials of ours. */
  readonly credentialed: boolean;
  /** Whether the URL has a query, which may be a signature with an end. */
  readonly signed: boolean;
  readonly nowMs: number;
  /** What to do where nobody is let in; absent: log in. */
  readonly refusedHint?: string | undefined;
}

/** Statuses with an answer to check: see check-response.ts. */
export const isAnswer = (status: number): boolean => status === 200 || status === 206 || status === 412 || status === 416;

export function statusError(head: ResponseHead, request: RefusedRequest): ModelError {
  const { status } = head;
  const says = excerptOf(request.bodyStart.replace(/<[^>]*>/g, ' ').trim());
  const message = `${request.label} answered with status ${status}${says === '' ? '' : `: ${says}`}`;
  const options = { details: detailsOf(head, request.nowMs) };
  if (request.signed && [400, 401, 403].includes(status) && /expired|specified time frame/i.test(request.bodyStart))
    return new ModelError('AUTH_FAIL', message, { ...options, reason: 'expired', hint: EXPIRED_HINT });
  if (status === 401 || status === 403) return authError(message, request, options);
  if (status === 404 || status === 410) return unavailable(message, 'not_found', { ...options, retryable: false });
  if (status === 407) return proxyAuthError(`the proxy before ${request.label}`, options);
  if (status === 408) return new ModelError('NETWORK_TIMEOUT', message, { ...options, reason: 'request_timeout' });
  if (status === 429) return new ModelError('RATE_LIMIT', message, options);
  // What presigned URLs, and ranges that other threads ask for, hear from S3.
  if (status === 503 && /<Code>SlowDown/.test(request.bodyStart))
    return new ModelError('RATE_LIMIT', message, { ...options, reason: 'slow_down' });
  if (status === 501 || status === 505 || status < 500) return unavailable(message, 'status_unexpected', { ...options, retryable: false });
  return unavailable(message, 'server_error', options);
}

/** Whether it came as a status or as a refused tunnel. */
export function proxyAuthError(proxy: string, options: ModelErrorOptions = {}): ModelError {
  return unavailable(`${proxy} asks for credentials, or for other ones (status 407)`, 'proxy_auth', {
    ...options,
    retryable: false,
    hint: 'put user and password, each percent-encoded, and an @ before the host of the proxy: in https_proxy, http_proxy or all_proxy of your wan.toml, or in the variables of these names',
  });
}

function authError(message: string, { credentialed, refusedHint: hint }: RefusedRequest, options: ModelErrorOptions): ModelError {
  const reason = credentialed ? 'credentials_refused' : 'credentials_missing';
  return new ModelError('AUTH_FAIL', message, { ...options, reason, ...(hint !== undefined && { hint }) });
}

function unavailable(message: string, reason: string, options: ModelErrorOptions): ModelError {
  return new ModelError('SOURCE_UNAVAILABLE', message, { reason, ...options });
}

function detailsOf({ status, headers }: ResponseHead, nowMs: number): Record<string, unknown> {
  const isForNow = status === 429 || status === 503;
  const retryAfterMs = isForNow ? waitMsAfter(headers, nowMs) : parseRetryAfterMs(headers['retry-after'], nowMs);
  return { http_status: status, ...(retryAfterMs !== undefined && { retry_after_ms: retryAfterMs }) };
}
