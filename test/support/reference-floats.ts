/** The reference that casts are compared with: slow, in exact real arithmetic on doubles, as IEEE 754 says it. Shares no code with the product. */

export type Narrow = 'BF16' | 'F16';

/** Significand bits (the hidden one included), and least normal exponent. */
const SHAPES = { BF16: { digits: 8, least: -126 }, F16: { digits: 11, least: -14 } } as const;

/** The bits of the nearest value of the narrow format, ties to even; for any number but NaN. */
export function referenceBits(value: number, to: Narrow): number {
  const { digits, least } = SHAPES[to];
  const sign = Object.is(value, -0) || value < 0 ? 0x8000 : 0;
  const infinity = ((1 << (16 - digits)) - 1) << (digits - 1);
  const magnitude = Math.abs(value);
  if (magnitude === Number.POSITIVE_INFINITY) return sign | infinity;
  if (magnitude === 0) return sign;
  const exponent = Math.max(least, exponentOf(magnitude));
  const steps = roundHalfToEven(magnitude / 2 ** (exponent - digits + 1));
  // A significand that rounds up to the next power of two carries into the exponent by itself.
  return sign | Math.min(infinity, steps + (exponent - least) * 2 ** (digits - 1));
}

function exponentOf(magnitude: number): number {
  const near = Math.floor(Math.log2(magnitude));
  if (2 ** near > magnitude) return near - 1;
  return 2 ** (near + 1) <= magnitude ? near + 1 : near;
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
