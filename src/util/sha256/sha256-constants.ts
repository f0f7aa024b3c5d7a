/** FIPS 180-4, 4.2.2 and 5.3.3: the first 32 bits of the fractions of the roots of the first primes. */

const PRIMES = primes(64);

/** Of the cube roots: one for each round. */
export const ROUND_CONSTANTS = Uint32Array.from(PRIMES, (prime) => fractionOfRoot(BigInt(prime), 3n));

/** Of the square roots of the first eight: what a stream begins with. */
export const INITIAL_VALUE = Uint32Array.from(PRIMES.slice(0, 8), (prime) => fractionOfRoot(BigInt(prime), 2n));

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
