/** FIPS 180-4, 4.2.2 and 5.3.3: the first 32 bits of the fractions of the roots of the first primes. */

/** Of the cube roots: one for each round. */
export const roundConstants = (): Uint32Array => Uint32Array.from(primes(64), (prime) => fractionOfRoot(BigInt(prime), 3n));

/** Of the square roots of the first eight: what a stream begins with. */
export const initialValue = (): Uint32Array => Uint32Array.from(primes(8), (prime) => fractionOfRoot(BigInt(prime), 2n));

function primes(count: number): number[] {
  const found: number[] = [];
  for (let number = 2; found.length < count; number++) if (found.every((prime) => number % prime !== 0)) found.push(number);
  return found;
}

/** Exact: the largest number whose power is not greater than that of the root, both with 32 bits behind the point. */
function fractionOfRoot(prime: bigint, degree: bigint): number {
  const power = prime << (32n * degree);
  let root = 0n;
  for (let bit = 1n << 36n; bit > 0n; bit >>= 1n) if ((root + bit) ** degree <= power) root += bit;
  return Number(BigInt.asUintN(32, root));
}
