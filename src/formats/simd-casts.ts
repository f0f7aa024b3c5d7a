/**
 * The two casts that weights need, eight elements a step: WebAssembly with vectors, put together here instruction by instruction. Several times as
 * fast as the same in JavaScript, and exactly the same results; what does not fill a step, or needs a decision, is left to the caller.
 */

/** Bytes of floats that one call takes at most. */
export const SIMD_BLOCK_BYTES = 1024 * 1024;
const PAGE_BYTES = 65_536;
const TARGET_AT = SIMD_BLOCK_BYTES;
const PAGES = (SIMD_BLOCK_BYTES + SIMD_BLOCK_BYTES / 2) / PAGE_BYTES;

export interface SimdCasts {
  /** Where the floats are put before a call, and where it leaves the halves. */
  readonly source: Uint8Array;
  readonly target: Uint8Array;
  /** @returns how many of `count` elements it converted, from the first on */
  readonly bf16: (count: number) => number;
  /** Stops at the first step with an element beyond float16: too large, infinite, or no number. */
  readonly f16: (count: number) => number;
}

interface Exports extends Pick<SimdCasts, 'bf16' | 'f16'> {
  readonly memory: { readonly buffer: ArrayBuffer };
}

/** What is used of it: the types of Node leave it out. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Exports };
};

export function createSimdCasts(): SimdCasts {
  const { memory, bf16, f16 } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes())).exports;
  const source = new Uint8Array(memory.buffer, 0, SIMD_BLOCK_BYTES);
  return { source, target: new Uint8Array(memory.buffer, TARGET_AT, SIMD_BLOCK_BYTES / 2), bf16, f16 };
}

type Code = readonly number[];

/** LEB128, for sizes and indexes. */
function u(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...u(value >>> 7)];
}

const sized = (bytes: Code): Code => [...u(bytes.length), ...bytes];
const list = (items: readonly Code[]): Code => [...u(items.length), ...items.flat()];
const section = (id: number, items: readonly Code[]): Code => [id, ...sized(list(items))];
const text = (name: string): Code => sized([...Buffer.from(name)]);

const [I32, V128] = [0x7f, 0x7b];

function moduleBytes(): Uint8Array {
  const magic = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const types = section(1, [[0x60, ...list([[I32]]), ...list([[I32]])]]);
  const functions = section(3, [[0], [0]]);
  const memory = section(5, [[0, ...u(PAGES)]]);
  const exports = section(7, [
    [...text('memory'), 2, 0],
    [...text('bf16'), 0, 0],
    [...text('f16'), 0, 1],
  ]);
  return Uint8Array.from([...magic, ...types, ...functions, ...memory, ...exports, ...section(10, [sized(BF16), sized(F16)])]);
}

/** Locals: the parameter, the index of the step's first element, and two vectors. */
const [COUNT, INDEX, X, MAGNITUDE] = [0, 1, 2, 3];

const get = (local: number): Code => [0x20, local];
const set = (local: number): Code => [0x21, local];
const i32 = (value: number): Code => [0x41, ...signed(value)];
const ADD: Code = [0x6a];
const SHIFT_LEFT: Code = [0x74];
const GREATER: Code = [0x4b];
const breakIf = (depth: number): Code => [0x0d, depth];

/** LEB128 with a sign, of small positive numbers. */
const signed = (value: number): Code => (value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signed(value >>> 7)]);

const simd = (opcode: number): Code => [0xfd, ...u(opcode)];
const load = (offset: number): Code => [...simd(0x00), 4, ...u(offset)];
const STORE: Code = [...simd(0x0b), 4, ...u(TARGET_AT)];
const AND = simd(0x4e);
const OR = simd(0x50);
const XOR = simd(0x51);
const SELECT = simd(0x52);
const ANY = simd(0x53);
const LANES_GREATER = simd(0x3b);
const LANES_ADD = simd(0xae);
const FLOATS_ADD = simd(0xe4);
const NARROW_SIGNED = simd(0x85);
const NARROW_UNSIGNED = simd(0x86);
const shiftRight = (bits: number, isSigned = false): Code => [...i32(bits), ...simd(isSigned ? 0xac : 0xad)];
/** The same 32 bits in each of the four lanes. */
const lanes = (bits: number): Code => [...simd(0x0c), ...Buffer.concat(Array(4).fill(Buffer.from(Int32Array.of(bits).buffer)))];

/** The steps of a function: four elements become four lanes of 32 bits, twice, which are narrowed and stored. */
function steps(four: (offset: number) => Code, narrow: Code): Code {
  const body = [
    ...[...get(INDEX), ...i32(8), ...ADD, ...get(COUNT), ...GREATER, ...breakIf(1)],
    ...[...get(INDEX), ...i32(1), ...SHIFT_LEFT, ...four(0), ...four(16), ...narrow, ...STORE],
    ...[...get(INDEX), ...i32(8), ...ADD, ...set(INDEX), 0x0c, 0],
  ];
  const locals = list([
    [1, I32],
    [2, V128],
  ]);
  return [...locals, 0x02, 0x40, 0x03, 0x40, ...body, 0x0b, 0x0b, ...get(INDEX), 0x0b];
}

const loadAt = (offset: number): Code => [...get(INDEX), ...i32(2), ...SHIFT_LEFT, ...load(offset)];
const magnitude: Code = [...get(X), ...lanes(0x7fffffff), ...AND, ...set(MAGNITUDE)];
/** The bit that ends up last: a tie goes to the even one. */
const lastBit = (vector: number, place: number): Code => [...get(vector), ...shiftRight(place), ...lanes(1), ...AND];

const BF16 = steps((offset) => {
  const quiet = [...get(X), ...lanes(0x400000), ...OR];
  const rounded = [...get(X), ...lanes(0x7fff), ...LANES_ADD, ...lastBit(X, 16), ...LANES_ADD];
  const isNan = [...get(MAGNITUDE), ...lanes(0x7f800000), ...LANES_GREATER];
  return [...loadAt(offset), ...set(X), ...magnitude, ...quiet, ...rounded, ...isNan, ...SELECT, ...shiftRight(16, true)];
}, NARROW_SIGNED);

/** A number below 2^-14 is rounded by adding 0.5, whose last bit is worth 2^-24. */
const F16 = steps((offset) => {
  const isBeyond = [...get(MAGNITUDE), ...lanes(0x477fefff), ...LANES_GREATER, ...ANY];
  const normal = [
    ...get(MAGNITUDE),
    ...lanes(0xfff - 0x38000000),
    ...LANES_ADD,
    ...lastBit(MAGNITUDE, 13),
    ...LANES_ADD,
    ...shiftRight(13),
  ];
  const subnormal = [...get(MAGNITUDE), ...lanes(0x3f000000), ...FLOATS_ADD, ...lanes(-0x3f000000), ...LANES_ADD];
  const isNormal = [...get(MAGNITUDE), ...lanes(0x387fffff), ...LANES_GREATER];
  const sign = [...get(X), ...get(MAGNITUDE), ...XOR, ...shiftRight(16)];
  return [
    ...loadAt(offset),
    ...set(X),
    ...magnitude,
    ...isBeyond,
    ...breakIf(1),
    ...normal,
    ...subnormal,
    ...isNormal,
    ...SELECT,
    ...sign,
    ...OR,
  ];
}, NARROW_UNSIGNED);
