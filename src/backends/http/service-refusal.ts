/** What a service with an API of its own means by a status that is no answer: the words that all of them need. Pure. */
import { ModelError, type ModelErrorOptions } from '../../domain/errors.ts';
import type { HttpHeaders } from './http-headers.ts';

export interface ServiceRefusal {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** The start of the body, as text. */
  readonly bodyStart: string;
  /** What was asked for, in words: `github://owner/repo@tag`. */
  readonly what: string;
  /** Where the token that went along was found. */
  readonly tokenFrom?: string | undefined;
  readonly nowMs: number;
}

export const authError = (message: string, options: ModelErrorOptions): ModelError => new ModelError('AUTH_FAIL', message, options);

/** Asking again changes nothing. */
export const unavailable = (message: string, options: ModelErrorOptions): ModelError =>
  new ModelError('SOURCE_UNAVAILABLE', message, { retryable: false, ...options });

export interface RateLimitWords {
  /** Absent where nobody knows. */
  readonly waitMs: number | undefined;
  /** What to do without a token, and with one where the code's own hint does not say it. */
  readonly anonymousHint: string;
  readonly hint?: string;
}

export function rateLimitError(message: string, { status, tokenFrom }: ServiceRefusal, words: RateLimitWords): ModelError {
  const { waitMs, anonymousHint, hint } = words;
  const isAnonymous = tokenFrom === undefined;
  const said = isAnonymous ? anonymousHint : hint;
  return new ModelError('RATE_LIMIT', message, {
    reason: isAnonymous ? 'rate_limit_anonymous' : 'rate_limit',
    ...(said !== undefined && { hint: said }),
    details: { http_status: status, ...(waitMs !== undefined && { retry_after_ms: waitMs }) },
  });
}

/** Whom the service refused. */
export const readerOf = ({ tokenFrom }: ServiceRefusal): string =>
  tokenFrom === undefined ? 'anybody without a token' : `the token of ${tokenFrom}`;

/** A text of a JSON body, or the first of a list of them; the start of a long body may be cut. */
export const textIn = (bodyStart: string, field: string): string =>
  new RegExp(`"${field}"\\s*:\\s*\\[?\\s*"(?<text>[^"\\\\]*)`).exec(bodyStart)?.groups?.text ?? '';
