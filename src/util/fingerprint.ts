/** The largest prime below 2^64. */
const PRIME = 18_446_744_073_709_551_557n;
const STEP_BYTES = 64 * 1024;

/**
 * 64 bits that tell bytes which were cut, torn or flipped from whole ones, as 16 hex digits; nothing about intent. The bytes are read
 * as one number, modulo a prime: that is V8's own arithmetic, where a loop over bytes, or node:crypto and node:zlib with all that they
 * load, would cost each start of a command more than what it checks.
 */
export function fingerprint(bytes: Buffer): string {
  let rest = 1n;
  for (let at = 0; at < bytes.length; at += STEP_BYTES)
    rest = BigInt(`0x${rest.toString(16)}${bytes.toString('hex', at, at + STEP_BYTES)}`) % PRIME;
  return rest.toString(16).padStart(16, '0');
}
