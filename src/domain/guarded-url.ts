/**
 * A URL that a caller of the service named, as specs have it: whoever opens it gets a backend that refuses to be led to addresses inside
 * (`address-guard.ts`), since no other one knows its scheme.
 */
const PREFIX = 'guarded+';

export const guardedUrl = (url: string): string => `${PREFIX}${url}`;

export const unguardedUrl = (url: string): string => (url.startsWith(PREFIX) ? url.slice(PREFIX.length) : url);
