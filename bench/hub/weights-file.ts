/** Files as trained weights are: values of a normal distribution. Chance is not compressible, but the exponents of such values are. */
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';

const CHUNK = 1024 ** 2;
const SIGMA = 0.02;

/** bf16 of 65,536 equally likely values of the distribution. */
const VALUES = Uint16Array.from({ length: 65_536 }, (_, at) => bf16(SIGMA * quantile((at + 0.5) / 65_536)));

/** `F32-of-BF16`: F32 whose lower halves are zero. */
export const KINDS = ['BF16', 'F32', 'F32-of-BF16'] as const;
export type Kind = (typeof KINDS)[number];

export interface WrittenFile {
  readonly sha256: string;
  readonly sizeBytes: number;
}

export const writeWeights = (path: string, sizeBytes: number, kind: Kind): WrittenFile =>
  writeChunks(
    path,
    Array.from({ length: sizeBytes / CHUNK }, () => randomWeights(CHUNK, kind)),
  );

export function writeChunks(path: string, chunks: Iterable<Uint8Array>): WrittenFile {
  const hash = createHash('sha256');
  const fd = openSync(path, 'w');
  let sizeBytes = 0;
  for (const chunk of chunks) {
    hash.update(chunk);
    sizeBytes += writeSync(fd, chunk);
  }
  closeSync(fd);
  return { sha256: hash.digest('hex'), sizeBytes };
}

export function randomWeights(bytes: number, kind: Kind): Uint8Array {
  const random = randomBytes(bytes);
  const words = new Uint16Array(random.buffer, random.byteOffset, bytes / 2);
  const step = kind === 'BF16' ? 1 : 2;
  // Of an F32 the upper half, the second one in memory, is the bf16 next to it.
  for (let at = step - 1; at < words.length; at += step) words[at] = VALUES[words[at] ?? 0] ?? 0;
  if (kind === 'F32-of-BF16') for (let at = 0; at < words.length; at += 2) words[at] = 0;
  return new Uint8Array(words.buffer, words.byteOffset, bytes);
}

function bf16(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** Of the standard normal distribution, by bisection of its integral (Abramowitz and Stegun 7.1.26, to 1e-7). */
function quantile(share: number): number {
  let [low, high] = [-6, 6];
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (integral(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function integral(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const erf = 1 - series * Math.exp((-x * x) / 2);
  return x < 0 ? (1 - erf) / 2 : (1 + erf) / 2;
}
