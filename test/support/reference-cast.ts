/** What a cast safetensors file must hold, read and made the slow way; shares no code with the product. */
import { type Narrow, referenceBits } from './reference-floats.ts';

export interface PlainTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Buffer;
}

interface PlainFile {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, PlainTensor>;
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

export function readPlain(file: Buffer): PlainFile {
  const dataAt = 8 + Number(file.readBigUInt64LE(0));
  const { __metadata__, ...entries } = JSON.parse(file.toString('utf8', 8, dataAt)) as Record<string, Entry> & { __metadata__?: never };
  const ordered = Object.entries(entries).sort(
    ([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
  );
  const tensors = ordered.map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [begin, end],
      },
    ]): [string, PlainTensor] => [name, { dtype, shape, bytes: file.subarray(dataAt + begin, dataAt + end) }],
  );
  return { metadata: __metadata__ ?? {}, tensors: new Map(tensors) };
}

/** The tensors of an F32 file as they must be in the narrow format; other dtypes stay. */
export function referenceCast(file: Buffer, to: Narrow): Map<string, PlainTensor> {
  const cast = [...readPlain(file).tensors].map(([name, tensor]): [string, PlainTensor] => [
    name,
    tensor.dtype === 'F32' ? narrowed(tensor, to) : tensor,
  ]);
  return new Map(cast);
}

function narrowed({ shape, bytes }: PlainTensor, to: Narrow): PlainTensor {
  const out = Buffer.alloc(bytes.length / 2);
  for (let at = 0; at < bytes.length; at += 4) out.writeUInt16LE(referenceBits(bytes.readFloatLE(at), to), at / 2);
  return { dtype: to, shape, bytes: out };
}
