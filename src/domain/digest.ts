/**
 * sha256 digests. A digest is the identity of bytes everywhere in the product, and part of paths in the store,
 * so it exists only in one parsed form: 64 lower-case hex digits.
 */

declare const sha256Brand: unique symbol;

/** 64 lower-case hex digits; made only by {@link parseSha256}, hence safe to use in a path. */
export type Sha256 = string & { readonly [sha256Brand]: true };

const HEX64 = /^[0-9a-f]{64}$/;

/** Accepts upper case and a `sha256:` prefix; anything else than 64 hex digits gives `undefined`. */
export function parseSha256(text: string): Sha256 | undefined {
  const hex = text.toLowerCase().replace(/^sha256:/, '');
  return HEX64.test(hex) ? (hex as Sha256) : undefined;
}

/** For digests that the caller has just computed or has already validated. Throws a plain Error (a bug) otherwise. */
export function sha256Of(hex: string): Sha256 {
  const digest = parseSha256(hex);
  if (digest === undefined) throw new Error(`not a sha256 digest: ${hex.slice(0, 80)}`);
  return digest;
}

/** The sha256 of no bytes at all: right for a file of size 0, a placeholder anywhere else. */
export const EMPTY_SHA256 = sha256Of('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
