const UNIT_POWERS: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4, p: 5 };
const SIZE = /^(\d{1,16}(?:\.\d{1,6})?)\s*([kmgtp]?)(?:i?b)?$/i;

/**
 * Bytes of a human size: `500`, `20M`, `1.5 GiB`, `10GB`. Every unit counts in powers of 1024, as `ls -h` and `df -h`
 * do, so `10GB` and `10GiB` are the same. `undefined` for anything else.
 */
export function parseSize(text: string): number | undefined {
  const match = SIZE.exec(text.trim());
  if (match === null) return undefined;
  const [, digits = '', unit = ''] = match;
  const bytes = Math.round(Number(digits) * 1024 ** (UNIT_POWERS[unit.toLowerCase()] ?? 0));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

const GIB = 1024 ** 3;

/** As {@link parseSize}, of the memory of a GPU: these are sold in GiB, so a number alone is in GiB too. A plain count of bytes ends in `B`. */
export function parseGpuSize(text: string): number | undefined {
  const plain = /^(\d+(?:\.\d+)?)$/.exec(text.trim())?.[1];
  const bytes = plain === undefined ? parseSize(text) : Math.round(Number(plain) * GIB);
  return bytes !== undefined && bytes > 0 && Number.isSafeInteger(bytes) ? bytes : undefined;
}
