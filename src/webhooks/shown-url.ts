/** Where a webhook goes, as others may see it: many receivers have their secret in the path. Pure. */
export const shownUrl = (url: URL): string => `${url.origin}/${url.pathname === '/' && url.search === '' ? '' : '…'}`;
