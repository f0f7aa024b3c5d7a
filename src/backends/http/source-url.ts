/** URLs of http sources: a base that file paths are appended to, or one file's whole URL. */
import { ModelError } from '../../domain/errors.ts';
import { redactUrl } from '../../util/redact-url.ts';
import { checkPath } from '../check-path.ts';

/**
 * The base URL of a source; file paths are appended to it after a `/`.
 * @throws ModelError INVALID_CONFIG for credentials, a query or a fragment in it.
 */
export function parseBaseUrl(text: string): URL {
  const url = parseHttpUrl(text);
  if (url.search !== '' || url.hash !== '')
    throw invalid(text, 'a base URL may hold no query or fragment: file paths are appended to it', 'url_query');
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** A file's own URL, presigned or not: its query is kept, and never printed. */
export function parseHttpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw invalid(text, 'it is not an http:// or https:// URL', 'url_malformed');
  if (url.username !== '' || url.password !== '')
    throw invalid(text, 'it carries credentials; give them as a token in the configuration instead', 'url_credentials');
  return url;
}

/** `base` from {@link parseBaseUrl}. Every segment is encoded: no name can reach another place or a query. */
export function fileUrl(base: URL, path: string): URL {
  checkPath(path);
  return new URL(base.pathname + path.split('/').map(encodeURIComponent).join('/'), base);
}

function invalid(text: string, why: string, reason: string): ModelError {
  return new ModelError('INVALID_CONFIG', `the source ${redactUrl(text)} cannot be used: ${why}`, { reason });
}
