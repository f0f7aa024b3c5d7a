/** The URL of an http service, or undefined: of another scheme, malformed, or with a user name or password in it. */
export function plainHttpUrl(text: string): URL | undefined {
  const url = URL.parse(text.trim());
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' ? url : undefined;
}
