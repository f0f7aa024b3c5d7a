/** The address of the next page, from a `Link` header (RFC 8288); undefined on the last one. Pure. */
export function nextPage(header: string | undefined): string | undefined {
  for (const [, target, parameters = ''] of (header ?? '').matchAll(/<([^>]*)>((?:\s*;\s*[^,;"=]+=(?:"[^"]*"|[^,;"]*))*)/g)) {
    if (/;\s*rel\s*=\s*"?(?:[^"]*\s)?next(?:\s[^"]*)?"?\s*(?:;|$)/i.test(parameters)) return target;
  }
  return undefined;
}
