/**
 * How a safetensors file becomes one of another float format: pure, and the same on every machine. Tensors of F32, F16 and BF16 are
 * converted; all others (F64, F8, F6, F4, integers, booleans, complex) stay as they are. The tensors keep their order but for this: those of larger elements come first, as
 * the reference implementation writes them, so that each begins aligned.
 */
import type { DerivedDtype } from '../domain/derived.ts';
import { type Conversion, type FloatType, isFloatType } from './convert-floats.ts';
import { DTYPE_BITS, tensorBytes } from './dtype.ts';
import type { SafetensorsHeader, Tensor } from './safetensors.ts';
import { safetensorsHeader, type TensorPlan } from './safetensors-writer.ts';

const floatTypeOf = (dtype: DerivedDtype): FloatType => (dtype === 'bf16' ? 'BF16' : 'F16');

export interface CastTensor {
  readonly name: string;
  /** First byte in the input file, and how many there are. */
  readonly inputOffset: number;
  readonly inputBytes: number;
  /** Absent where the bytes stay as they are. */
  readonly conversion?: Conversion;
}

export interface CastPlan {
  /** Length field and header of the output. */
  readonly header: Uint8Array;
  /** In the order of the output. */
  readonly tensors: readonly CastTensor[];
  /** Of the output file. */
  readonly sizeBytes: number;
  /** Of the output's tensors, header not counted: what a weight index adds up as `total_size`. */
  readonly dataBytes: number;
}

export interface CastTarget {
  readonly dtype: DerivedDtype;
  /** Added to the metadata: what the file was made from, and how. */
  readonly note: Readonly<Record<string, string>>;
}

export function planCast(input: SafetensorsHeader, { dtype, note }: CastTarget): CastPlan {
  const to = floatTypeOf(dtype);
  const made = input.tensors.map((tensor) => ({ tensor, plan: outputOf(tensor, to) }));
  made.sort((a, b) => DTYPE_BITS[b.plan.dtype] - DTYPE_BITS[a.plan.dtype]);
  const header = safetensorsHeader(
    made.map(({ plan }) => plan),
    { ...input.metadata, ...note },
  );
  const dataBytes = castBytes(input, dtype);
  return {
    header,
    tensors: made.map(({ tensor }) => castTensor(tensor, { to, dataAt: input.headerBytes })),
    sizeBytes: header.byteLength + dataBytes,
    dataBytes,
  };
}

const castBytes = ({ tensors }: SafetensorsHeader, dtype: DerivedDtype): number =>
  tensors.reduce((sum, tensor) => sum + sizeOf(outputOf(tensor, floatTypeOf(dtype))), 0);

const outputOf = ({ name, dtype, shape }: Tensor, to: FloatType): TensorPlan => ({ name, dtype: isFloatType(dtype) ? to : dtype, shape });

function castTensor({ name, dtype, begin, end }: Tensor, { to, dataAt }: { to: FloatType; dataAt: number }): CastTensor {
  const placed = { name, inputOffset: dataAt + begin, inputBytes: end - begin };
  return isFloatType(dtype) && dtype !== to ? { ...placed, conversion: { from: dtype, to } } : placed;
}

function sizeOf({ name, dtype, shape }: TensorPlan): number {
  const bytes = tensorBytes(dtype, shape);
  if (bytes === undefined) throw new Error(`${name}: ${dtype} [${shape}] has no whole number of bytes`);
  return bytes;
}
