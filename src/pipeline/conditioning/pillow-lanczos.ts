/**
 * `PIL.Image.resize(size, LANCZOS)` of an RGB image, equal to the last bit: a Lanczos-3 kernel that grows with the reduction (antialiasing), one pass a
 * direction, each in fixed point with 22 fractional bits and rounded to 8 bits (python-pillow/Pillow src/libImaging/Resample.c). Pure.
 */
import type { PixelSize } from '../../domain/image-conditioning.ts';
import { CHANNELS, type RgbImage } from './rgb-image.ts';

/** Pillow's own: 32 bits, less 8 for the value, less 2 for what overshoots. */
const FRACTION_BITS = 22;
const HALF = 1 << (FRACTION_BITS - 1);
/** Pixels on each side of the centre. */
const SUPPORT = 3;

/** Pillow 13 reduces the height first where that takes away more than twice as much as the width loses; older ones did so with very high images only. */
export function pillowLanczos(image: RgbImage, { width, height }: PixelSize): RgbImage {
  const lost = image.height - height;
  const columnsFirst = lost > 0 && lost > 2 * (image.width - width);
  return columnsFirst ? stretchRows(stretchColumns(image, height), width) : stretchColumns(stretchRows(image, width), height);
}

interface Window {
  /** First pixel of the source. */
  readonly first: number;
  /** Of it and those behind it, in fixed point. */
  readonly weights: Int32Array;
}

function stretchRows(image: RgbImage, width: number): RgbImage {
  if (width === image.width) return image;
  const windows = windowsOf(image.width, width);
  const data = new Uint8Array(width * image.height * CHANNELS);
  for (let y = 0; y < image.height; y += 1) {
    const row = image.data.subarray(y * image.width * CHANNELS, (y + 1) * image.width * CHANNELS);
    const out = data.subarray(y * width * CHANNELS, (y + 1) * width * CHANNELS);
    for (const [x, window] of windows.entries()) weigh(row, window, out, x * CHANNELS);
  }
  return { width, height: image.height, data };
}

function weigh(row: Uint8Array, { first, weights }: Window, out: Uint8Array, to: number): void {
  let red = HALF;
  let green = HALF;
  let blue = HALF;
  let at = first * CHANNELS;
  for (let tap = 0; tap < weights.length; tap += 1) {
    const weight = weights[tap] ?? 0;
    red += (row[at] ?? 0) * weight;
    green += (row[at + 1] ?? 0) * weight;
    blue += (row[at + 2] ?? 0) * weight;
    at += CHANNELS;
  }
  out[to] = clipped(red);
  out[to + 1] = clipped(green);
  out[to + 2] = clipped(blue);
}

function stretchColumns(image: RgbImage, height: number): RgbImage {
  if (height === image.height) return image;
  const stride = image.width * CHANNELS;
  const data = new Uint8Array(stride * height);
  const sums = new Int32Array(stride);
  for (const [y, { first, weights }] of windowsOf(image.height, height).entries()) {
    sums.fill(HALF);
    for (const [tap, weight] of weights.entries())
      addRow(sums, image.data.subarray((first + tap) * stride, (first + tap + 1) * stride), weight);
    const out = data.subarray(y * stride, (y + 1) * stride);
    for (let x = 0; x < stride; x += 1) out[x] = clipped(sums[x] ?? 0);
  }
  return { width: image.width, height, data };
}

function addRow(sums: Int32Array, row: Uint8Array, weight: number): void {
  for (let x = 0; x < row.length; x += 1) sums[x] = (sums[x] ?? 0) + (row[x] ?? 0) * weight;
}

const clipped = (sum: number): number => Math.min(255, Math.max(0, sum >> FRACTION_BITS));

function windowsOf(from: number, to: number): Window[] {
  const scale = from / to;
  const reduction = Math.max(1, scale);
  return Array.from({ length: to }, (_, pixel) => {
    const centre = (pixel + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - SUPPORT * reduction + 0.5));
    const end = Math.min(from, Math.trunc(centre + SUPPORT * reduction + 0.5));
    const weights = Float64Array.from({ length: end - first }, (__, tap) => lanczos((tap + first - centre + 0.5) * (1 / reduction)));
    return { first, weights: fixedPoint(weights) };
  });
}

/** Of a sum of one, rounded away from zero at the half. */
function fixedPoint(weights: Float64Array): Int32Array {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Int32Array.from(weights, (weight) => Math.trunc((weight / sum) * 2 ** FRACTION_BITS + (weight / sum < 0 ? -0.5 : 0.5)));
}

const lanczos = (x: number): number => (x >= -SUPPORT && x < SUPPORT ? sinc(x) * sinc(x / SUPPORT) : 0);

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));
