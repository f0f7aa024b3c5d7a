/** Writes safetensors files as a stream, laid out as the reference implementation does (see safetensors.ts). */
import { DTYPE_BITS, type Dtype, tensorBytes } from './dtype.ts';

export interface TensorPlan {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

export interface SafetensorsContent {
  readonly tensors: readonly TensorPlan[];
  readonly metadata?: Readonly<Record<string, string>>;
  /** The tensor's bytes, in as many chunks as is convenient. */
  readonly bytesOf: (tensor: TensorPlan) => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** The file's bytes in order; memory stays at the header and one chunk. A plain Error when `bytesOf` gives too few or too many. */
export async function* writeSafetensors({ tensors, metadata, bytesOf }: SafetensorsContent): AsyncGenerator<Uint8Array> {
  const ordered = tensors.toSorted(byAlignmentThenName);
  yield safetensorsHeader(ordered, metadata);
  for (const tensor of ordered) {
    let left = sizeOf(tensor);
    for await (const chunk of bytesOf(tensor)) {
      left -= chunk.byteLength;
      yield chunk;
    }
    if (left !== 0) throw new Error(`${tensor.name}: ${-left} bytes too many`);
  }
}

/** Of tensors that lie in this order: length field, JSON, and spaces up to a multiple of eight, so that the tensors begin aligned. */
export function safetensorsHeader(tensors: readonly TensorPlan[], metadata?: Readonly<Record<string, string>>): Uint8Array {
  let offset = 0;
  const entries = tensors.map((tensor) => {
    const begin = offset;
    offset += sizeOf(tensor);
    return [tensor.name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [begin, offset] }];
  });
  const json = JSON.stringify({ ...(metadata && { __metadata__: metadata }), ...Object.fromEntries(entries) });
  const length = Math.ceil(Buffer.byteLength(json) / 8) * 8;
  const bytes = Buffer.alloc(8 + length, ' ');
  bytes.writeBigUInt64LE(BigInt(length));
  bytes.write(json, 8);
  return bytes;
}

const DTYPE_ORDER = Object.keys(DTYPE_BITS);

const byAlignmentThenName = (a: TensorPlan, b: TensorPlan): number =>
  DTYPE_ORDER.indexOf(b.dtype) - DTYPE_ORDER.indexOf(a.dtype) || (a.name < b.name ? -1 : 1);

function sizeOf({ name, dtype, shape }: TensorPlan): number {
  const bytes = tensorBytes(dtype, shape);
  if (bytes === undefined) throw new Error(`${name}: ${dtype} [${shape}] has no whole number of bytes`);
  return bytes;
}
