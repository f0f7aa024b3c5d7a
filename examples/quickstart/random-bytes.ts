/** Weights that are the same on every machine: xorshift128 from a seed that is the tensor's own name. */
import { hash } from 'node:crypto';
import type { Dtype } from '../../src/formats/dtype.ts';

const CHUNK_ELEMENTS = 16_384;

export type WeightType = Extract<Dtype, 'F32' | 'BF16'>;

/** The bytes of `count` small floats, spread evenly over ±0.05, little-endian on every machine. */
export function* randomWeights(seed: string, type: WeightType, count: number): Generator<Uint8Array> {
  const next = xorshift(seed);
  for (let done = 0; done < count; done += CHUNK_ELEMENTS) {
    yield type === 'F32' ? floats(next, Math.min(CHUNK_ELEMENTS, count - done)) : bfloats(next, Math.min(CHUNK_ELEMENTS, count - done));
  }
}

function floats(next: () => number, count: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(count * 4));
  for (let index = 0; index < count; index++) view.setFloat32(index * 4, weight(next), true);
  return new Uint8Array(view.buffer);
}

/** A bfloat16 is the upper half of a float32. */
function bfloats(next: () => number, count: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(count * 2));
  const float = new DataView(new ArrayBuffer(4));
  for (let index = 0; index < count; index++) {
    float.setFloat32(0, weight(next));
    view.setUint16(index * 2, float.getUint16(0), true);
  }
  return new Uint8Array(view.buffer);
}

const weight = (next: () => number): number => (next() / 2 ** 32 - 0.5) / 10;

/** Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14), 2003. */
function xorshift(seed: string): () => number {
  const state = new Uint32Array(hash('sha256', seed, 'buffer').buffer.slice(0, 16));
  let [x = 1, y = 2, z = 3, w = 4] = state;
  return () => {
    const t = x ^ (x << 11);
    x = y;
    y = z;
    z = w;
    w = w ^ (w >>> 19) ^ t ^ (t >>> 8);
    return w >>> 0;
  };
}
