/**
 * Between the three float formats that weights come in. Rounding is IEEE 754's to nearest, ties to even; an infinity stays one, and a NaN stays
 * one, quiet, with its sign and the upper bits of its payload. Elements are little-endian, as is every machine that the locks are built for.
 */
import type { Dtype } from './dtype.ts';
import { createSimdCasts, SIMD_BLOCK_BYTES, type SimdCasts } from './simd-casts.ts';

export type FloatType = Extract<Dtype, 'F32' | 'F16' | 'BF16'>;

export const isFloatType = (dtype: Dtype): dtype is FloatType => dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';

export interface Conversion {
  readonly from: FloatType;
  readonly to: FloatType;
}

/**
 * Converts as many elements as `source` has, from and to the start of the two buffers' memory.
 * @returns the index of the first finite element that the new format has no finite value for, or -1; a bfloat16 reaches as far as a
 * float32 but for the last half step, which rounds to infinity as everywhere.
 */
export type ConvertElements = (source: ArrayBuffer, target: ArrayBuffer, count: number) => number;

const CONVERTERS: Readonly<Record<FloatType, Partial<Record<FloatType, ConvertElements>>>> = {
  F32: { BF16: f32ToBf16, F16: f32ToF16 },
  BF16: { F16: bf16ToF16 },
  F16: { BF16: f16ToBf16 },
};

export function converterFor({ from, to }: Conversion): ConvertElements {
  const convert = CONVERTERS[from][to];
  if (convert === undefined) throw new Error(`no conversion from ${from} to ${to}`);
  return convert;
}

/** The value of one element, for messages. */
export function floatValue(type: FloatType, source: ArrayBuffer, index: number): number {
  if (type === 'F32') return new Float32Array(source)[index] ?? 0;
  const bits = new Uint16Array(source)[index] ?? 0;
  return new Float32Array(Int32Array.of(type === 'F16' ? f16Bits(bits) : bits << 16).buffer)[0] ?? 0;
}

const SIGN = 0x8000;
const F32_MAGNITUDE = 0x7fffffff;
const F32_INFINITY = 0x7f800000;

function f32ToBf16(source: ArrayBuffer, target: ArrayBuffer, count: number): number {
  const input = new Int32Array(source, 0, count);
  const output = new Uint16Array(target, 0, count);
  for (let index = bySteps('bf16', input, output); index < count; index++) output[index] = bf16Bits(input[index] as number);
  return -1;
}

let simd: SimdCasts | undefined;

/** As many as vectors can do. @returns how many that were */
function bySteps(cast: 'bf16' | 'f16', input: Int32Array, output: Uint16Array): number {
  simd ??= createSimdCasts();
  const step = SIMD_BLOCK_BYTES / 4;
  for (let done = 0; ; done += step) {
    const part = input.subarray(done, done + step);
    simd.source.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
    const cast8 = simd[cast](part.length);
    output.set(new Uint16Array(simd.target.buffer, simd.target.byteOffset, cast8), done);
    if (cast8 < step) return done + cast8;
  }
}

/** All in 32 bits (`| 0`), or the sum would be a float64: that takes four times as long. */
function bf16Bits(bits: number): number {
  if ((bits & F32_MAGNITUDE) > F32_INFINITY) return (bits >> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >> 16) & 1)) | 0) >> 16;
}

function f32ToF16(source: ArrayBuffer, target: ArrayBuffer, count: number): number {
  const input = new Int32Array(source, 0, count);
  const output = new Uint16Array(target, 0, count);
  for (let index = bySteps('f16', input, output); index < count; index++) {
    const half = f16OfBits(input[index] as number);
    if (half < 0) return index;
    output[index] = half;
  }
  return -1;
}

/** 65520, from where on rounding leaves the finite halves; 2^-14, the least normal one. */
const F16_OVERFLOW = 0x477ff000;
const F16_NORMAL = 0x38800000;

/** -1 where a finite value would become infinite. */
function f16OfBits(bits: number): number {
  const sign = (bits >> 16) & SIGN;
  const magnitude = bits & F32_MAGNITUDE;
  if (magnitude >= F16_OVERFLOW) return magnitude < F32_INFINITY ? -1 : sign | f16Special(magnitude);
  if (magnitude < F16_NORMAL) return sign | f16Subnormal(magnitude);
  return sign | (((magnitude - 0x38000000 + 0xfff + ((magnitude >> 13) & 1)) | 0) >> 13);
}

const f16Special = (magnitude: number): number => (magnitude === F32_INFINITY ? 0x7c00 : 0x7e00 | ((magnitude >>> 13) & 0x3ff));

/** Counts steps of 2^-24: the significand moved right by what the exponent is too small. */
function f16Subnormal(magnitude: number): number {
  const shift = 126 - (magnitude >>> 23);
  if (shift > 24) return 0;
  const significand = (magnitude & 0x7fffff) | 0x800000;
  return (significand + (1 << (shift - 1)) - 1 + ((significand >>> shift) & 1)) >>> shift;
}

function bf16ToF16(source: ArrayBuffer, target: ArrayBuffer, count: number): number {
  const input = new Uint16Array(source, 0, count);
  const output = new Uint16Array(target, 0, count);
  for (let index = 0; index < count; index++) {
    const half = f16OfBits((input[index] as number) << 16);
    if (half < 0) return index;
    output[index] = half;
  }
  return -1;
}

function f16ToBf16(source: ArrayBuffer, target: ArrayBuffer, count: number): number {
  const input = new Uint16Array(source, 0, count);
  const output = new Uint16Array(target, 0, count);
  for (let index = 0; index < count; index++) output[index] = bf16Bits(f16Bits(input[index] as number));
  return -1;
}

/** The bits of the float32 that is the same value: every half is one. */
function f16Bits(half: number): number {
  const sign = (half & SIGN) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | F32_INFINITY | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  const up = Math.clz32(fraction) - 21;
  return sign | ((113 - up) << 23) | (((fraction << up) & 0x3ff) << 13);
}
