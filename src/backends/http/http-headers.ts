/** Lower-case names; values of repeated headers joined by a comma. */
export type HttpHeaders = Readonly<Record<string, string>>;

export function joinHeaders(raw: Readonly<Record<string, string | readonly string[] | undefined>>): HttpHeaders {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (value !== undefined) headers[name.toLowerCase()] = typeof value === 'string' ? value : value.join(', ');
  }
  return headers;
}
