import { unguardedUrl } from '../domain/guarded-url.ts';

/**
 * A URL fit for printing: no user information, no query (presigned URLs carry their secret there), no fragment, and as its owner wrote
 * it where it is guarded. In `local://` nothing is user information: `@` stands in the names of models.
 */
export function redactUrl(url: string | URL): string {
  const text = unguardedUrl(String(url));
  const bare = text.replace(/[?#].*$/s, '');
  const authority = /^(?!local:)([a-z][a-z0-9+.-]{0,30}:\/\/)[^/]*@/i;
  return bare.replace(authority, '$1') + (text.includes('?') ? '?…' : '');
}
