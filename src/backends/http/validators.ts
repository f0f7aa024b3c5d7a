/**
 * Validators of HTTP answers (RFC 9110, section 8.8). Ours is the header value as it stands: a quoted strong ETag, or a
 * Last-Modified date; the quote tells them apart.
 */
import type { HttpHeaders } from './http-headers.ts';

/** The strong validator of an answer, or undefined. A weak ETag is none: equal ones may stand for different bytes. */
export function validatorOf(headers: HttpHeaders): string | undefined {
  return strongEtag(headers) ?? strongDate(headers);
}

/** Headers that make a server refuse (412), or answer with the whole file, when its bytes are no longer those. */
export function conditionalHeaders(validator: string | undefined, hasRange: boolean): Record<string, string> {
  if (validator === undefined) return {};
  const condition = isEtag(validator) ? 'if-match' : 'if-unmodified-since';
  return { [condition]: validator, ...(hasRange && { 'if-range': validator }) };
}

/** Whether the answer says that the bytes are no longer those of `held`. Saying nothing is not saying so. */
export function contradicts(headers: HttpHeaders, held: string): boolean {
  const now = isEtag(held) ? headers.etag?.replace(/^W\//, '') : headers['last-modified'];
  return now !== undefined && now !== held;
}

const isEtag = (validator: string): boolean => validator.startsWith('"');

function strongEtag(headers: HttpHeaders): string | undefined {
  const etag = headers.etag;
  return etag !== undefined && /^"[^"]*"$/.test(etag) ? etag : undefined;
}

/** A date is strong where the file was at rest for a second before the answer was made: section 8.8.2.2. */
function strongDate(headers: HttpHeaders): string | undefined {
  const modified = headers['last-modified'];
  const restMs = Date.parse(headers.date ?? '') - Date.parse(modified ?? '');
  return restMs >= 1000 ? modified : undefined;
}
