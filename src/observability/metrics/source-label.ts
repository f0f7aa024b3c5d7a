/** A source as a label: one value for each source of a manifest, however many files it has, and never a query. */
export function sourceLabel(source: string): string {
  const plain = source.replace(/[?#].*$/s, '');
  const web = /^(?<origin>https?:\/\/[^/]+)/.exec(plain);
  // A file's own URL would be a series of its own.
  return web?.groups?.origin ?? plain;
}
