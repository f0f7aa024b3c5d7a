/**
 * The header of a safetensors file, read and checked without reading the tensors.
 *
 * Format: github.com/huggingface/safetensors, README.md "Format" and safetensors/src/tensor.rs (`read_metadata`,
 * `validate`). Eight bytes little-endian length N, N bytes of JSON, then the tensors' bytes, without holes or overlaps, to
 * the end of the file. As strict as the reference implementation, but for numbers: JSON cannot tell 4 from 4.0 here.
 */
import { ModelError } from '../domain/errors.ts';
import { type Dtype, elementCount, isDtype, tensorBytes } from './dtype.ts';
import { duplicateKey } from './duplicate-key.ts';

/** The reference implementation refuses longer headers. */
export const MAX_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;
const MAX_RANK = 64;
const OPENING_BRACE = 0x7b;

export type SafetensorsFault =
  | 'header_too_small'
  | 'header_too_large'
  | 'header_truncated'
  | 'header_not_json'
  | 'header_duplicate_key'
  | 'metadata_invalid'
  | 'tensor_invalid'
  | 'dtype_unknown'
  | 'shape_invalid'
  | 'offsets_invalid'
  | 'size_mismatch'
  | 'hole_or_overlap'
  | 'data_truncated'
  | 'trailing_bytes';

export interface Tensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** First byte, and the byte after the last, counted from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the order of their bytes in the file. */
  readonly tensors: readonly Tensor[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Length field and header: where the first tensor's bytes begin. */
  readonly headerBytes: number;
  readonly dataBytes: number;
  readonly parameterCount: number;
  /** Tensors' bytes by element type. */
  readonly bytesByDtype: ReadonlyMap<Dtype, number>;
}

/** Exactly `length` bytes from `offset`; fewer only where the file ends. */
export type ReadRange = (offset: number, length: number) => Promise<Uint8Array>;

/**
 * Reads at most {@link MAX_HEADER_BYTES} + 8 bytes, in two reads.
 * @throws ModelError FORMAT_INVALID, its reason a {@link SafetensorsFault}; and whatever `read` throws.
 */
export async function readSafetensorsHeader(read: ReadRange, fileSizeBytes: number): Promise<SafetensorsHeader> {
  const length = headerLength(await read(0, Math.min(LENGTH_BYTES, fileSizeBytes)), fileSizeBytes);
  return parseSafetensorsHeader(await read(LENGTH_BYTES, length), length, fileSizeBytes);
}

function headerLength(bytes: Uint8Array, fileSizeBytes: number): number {
  if (bytes.byteLength < LENGTH_BYTES) return invalid('header_too_small', `it has ${bytes.byteLength} bytes, fewer than the length field`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES)
    return invalid('header_too_large', `its header claims ${length} bytes; at most ${MAX_HEADER_BYTES} are allowed`);
  if (Number(length) > fileSizeBytes - LENGTH_BYTES) {
    return invalid('header_truncated', `its header claims ${length} bytes, the whole file has ${fileSizeBytes}`);
  }
  return Number(length);
}

function parseSafetensorsHeader(bytes: Uint8Array, length: number, fileSizeBytes: number): SafetensorsHeader {
  if (bytes.byteLength < length) return invalid('header_truncated', `its header ends after ${bytes.byteLength} of ${length} bytes`);
  const { __metadata__: metadata, ...entries } = parseObject(bytes);
  const tensors = Object.entries(entries).map(([name, entry]) => parseTensor(name, entry));
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  const headerBytes = LENGTH_BYTES + length;
  const dataBytes = fileSizeBytes - headerBytes;
  checkLayout(tensors, dataBytes);
  return { tensors, metadata: parseMetadata(metadata), headerBytes, dataBytes, ...totals(tensors) };
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  if (bytes[0] !== OPENING_BRACE) return invalid('header_not_json', 'its header does not begin with "{"');
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    return invalid('header_not_json', `its header is not JSON: ${(error as Error).message}`);
  }
  const twice = duplicateKey(text);
  if (twice !== undefined) return invalid('header_duplicate_key', `its header has ${quote(twice)} twice`);
  return isRecord(value) ? value : invalid('header_not_json', 'its header is not a JSON object');
}

function parseMetadata(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) return invalid('metadata_invalid', '__metadata__ is not an object');
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') invalid('metadata_invalid', `__metadata__ ${quote(key)} is not a string`);
  }
  return value as Record<string, string>;
}

function parseTensor(name: string, entry: unknown): Tensor {
  if (!isRecord(entry)) return invalid('tensor_invalid', `tensor ${quote(name)} is not an object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isDtype(dtype)) return invalid('dtype_unknown', `tensor ${quote(name)} has the unknown dtype ${quote(dtype)}`);
  if (!isCounts(shape) || shape.length > MAX_RANK) return invalid('shape_invalid', `tensor ${quote(name)} has no valid shape`);
  if (!isCounts(offsets) || offsets.length !== 2) return invalid('offsets_invalid', `tensor ${quote(name)} has no valid data_offsets`);
  const [begin = 0, end = 0] = offsets;
  if (begin > end) return invalid('offsets_invalid', `tensor ${quote(name)} ends at ${end}, before its begin at ${begin}`);
  const needed = tensorBytes(dtype, shape);
  if (needed !== end - begin) {
    return invalid(
      'size_mismatch',
      `tensor ${quote(name)} (${dtype} [${shape}]) has ${end - begin} bytes instead of ${needed ?? 'a countable number'}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

function checkLayout(tensors: readonly Tensor[], dataBytes: number): void {
  let expected = 0;
  for (const { name, begin, end } of tensors) {
    if (begin !== expected) invalid('hole_or_overlap', `tensor ${quote(name)} begins at ${begin}; the bytes before it end at ${expected}`);
    expected = end;
  }
  if (expected > dataBytes) invalid('data_truncated', `its tensors need ${expected} bytes after the header, it has ${dataBytes}`);
  if (expected < dataBytes) invalid('trailing_bytes', `its tensors end at ${expected}, but ${dataBytes} bytes follow the header`);
}

function totals(tensors: readonly Tensor[]): Pick<SafetensorsHeader, 'parameterCount' | 'bytesByDtype'> {
  const bytesByDtype = new Map<Dtype, number>();
  let parameterCount = 0;
  for (const { dtype, shape, begin, end } of tensors) {
    parameterCount += elementCount(shape) ?? 0;
    bytesByDtype.set(dtype, (bytesByDtype.get(dtype) ?? 0) + end - begin);
  }
  return { parameterCount, bytesByDtype };
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const isCounts = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);

/** For messages: whatever the file says, on one line and short. */
const quote = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 80);

function invalid(reason: SafetensorsFault, problem: string): never {
  throw new ModelError('FORMAT_INVALID', `not a valid safetensors file: ${problem}`, { reason });
}
