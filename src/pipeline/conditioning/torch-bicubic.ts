/**
 * `torch.nn.functional.interpolate(mode='bicubic')` of a float32 image: convolution kernel with a = -0.75, pixel centres (align_corners off), edges repeated,
 * no antialiasing. Where a pixel lies in the source is computed in float32, as torch does: in exact numbers it would come out up to 1e-4 away.
 *
 * Equal to the last bit with torch's builds for AVX2 and AVX-512, whose compiler fuses just these multiplications and additions
 * (aten/src/ATen/native/cpu/UpSampleKernel.cpp, aten/src/ATen/native/UpSample.h). Pure.
 */
import type { PixelSize } from '../../domain/image-conditioning.ts';
import { CHANNELS, type RgbImage } from './rgb-image.ts';

const TAPS = 4;
const { fround } = Math;

/** One rounding at the end; of float32 numbers the product is exact in float64. */
const fused = (a: number, b: number, c: number): number => fround(a * b + c);

/** @param levels what each of the 256 levels of a channel stands for @returns (3, height, width) */
export function torchBicubic(image: RgbImage, levels: Float32Array, { width, height }: PixelSize): Float32Array {
  const columns = tapsOf(image.width, width);
  const rows = tapsOf(image.height, height);
  const out = new Float32Array(CHANNELS * height * width);
  for (let channel = 0; channel < CHANNELS; channel += 1) {
    const across = rowStretcher(image, { levels, channel, columns });
    for (let y = 0; y < height; y += 1) {
      const at = y * TAPS;
      const lines = [0, 1, 2, 3].map((tap) => across(rows.indices[at + tap] ?? 0)) as unknown as Lines;
      mixLines(
        lines,
        rows.weights.subarray(at, at + TAPS),
        out.subarray((channel * height + y) * width, (channel * height + y + 1) * width),
      );
    }
  }
  return out;
}

type Lines = readonly [Float32Array, Float32Array, Float32Array, Float32Array];

interface Taps {
  /** Four sources of each pixel, then of the next. */
  readonly indices: Int32Array;
  readonly weights: Float32Array;
}

function tapsOf(from: number, to: number): Taps {
  const indices = new Int32Array(to * TAPS);
  const weights = new Float32Array(to * TAPS);
  const scale = fround(from / to);
  for (let pixel = 0; pixel < to; pixel += 1) {
    const position = fused(scale, pixel + 0.5, -0.5);
    const first = Math.floor(position);
    weights.set(cubicWeights(fround(position - first)), pixel * TAPS);
    for (let tap = 0; tap < TAPS; tap += 1) indices[pixel * TAPS + tap] = Math.min(from - 1, Math.max(0, first - 1 + tap));
  }
  return { indices, weights };
}

/** @param t how far behind the second of the four pixels */
function cubicWeights(t: number): readonly [number, number, number, number] {
  const rest = fround(1 - t);
  return [farWeight(fround(t + 1)), nearWeight(t), nearWeight(rest), farWeight(fround(rest + 1))];
}

/** (a + 2) x³ - (a + 3) x² + 1, for distances up to 1. */
const nearWeight = (x: number): number => fround(fround(fround(fused(1.25, x, -2.25) * x) * x) + 1);

/** a x³ - 5a x² + 8a x - 4a, for distances from 1 to 2. */
const farWeight = (x: number): number => fround(fround(fused(fused(-0.75, x, 3.75), x, -6) * x) + 3);

interface Stretch {
  readonly levels: Float32Array;
  readonly channel: number;
  readonly columns: Taps;
}

/** Rows of the source at the new width, the last ones kept: neighbouring rows of the result share them. */
function rowStretcher({ data, width }: RgbImage, { levels, channel, columns }: Stretch): (row: number) => Float32Array {
  const kept = new Map<number, Float32Array>();
  return (row) => {
    const known = kept.get(row);
    if (known !== undefined) return known;
    const oldest = kept.size < 2 * TAPS ? undefined : kept.entries().next().value;
    if (oldest !== undefined) kept.delete(oldest[0]);
    const line = oldest?.[1] ?? new Float32Array(columns.indices.length / TAPS);
    stretchRow(data.subarray(row * width * CHANNELS, (row + 1) * width * CHANNELS), { levels, channel, columns }, line);
    kept.set(row, line);
    return line;
  };
}

function stretchRow(row: Uint8Array, { levels, channel, columns: { indices, weights } }: Stretch, line: Float32Array): void {
  const value = (at: number): number => levels[row[(indices[at] ?? 0) * CHANNELS + channel] ?? 0] ?? 0;
  for (let x = 0; x < line.length; x += 1) {
    const at = x * TAPS;
    const second = fround(value(at + 1) * (weights[at + 1] ?? 0));
    const half = fused(value(at), weights[at] ?? 0, second);
    line[x] = fused(value(at + 3), weights[at + 3] ?? 0, fused(value(at + 2), weights[at + 2] ?? 0, half));
  }
}

function mixLines([a, b, c, d]: Lines, [wa = 0, wb = 0, wc = 0, wd = 0]: Iterable<number>, out: Float32Array): void {
  for (let x = 0; x < out.length; x += 1) {
    const half = fused(a[x] ?? 0, wa, fround((b[x] ?? 0) * wb));
    out[x] = fused(d[x] ?? 0, wd, fused(c[x] ?? 0, wc, half));
  }
}
