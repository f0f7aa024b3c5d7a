/** As much of WebAssembly's binary format as sha256-code.ts needs: instructions as bytes, and a module around two functions. */

/** Instructions that leave one value, or none, on the stack. */
export type Code = readonly number[];

/** One after the other. Many small pieces become large ones here: spreading them takes ten times as long. */
export const joined = (...codes: readonly Code[]): Code => ([] as number[]).concat(...codes);

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

/** Signed LEB128. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest < -0x40 || rest >= 0x40; rest >>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest & 0x7f];
}

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => joined(value, [0x21], unsigned(local));
export const constant = (value: number): Code => [0x41, ...signed(value)];
export const ZERO = constant(0);
export const addNumber = (a: Code, b: Code): Code => joined(a, b, [0x6a]);
export const isUnequal = (a: Code, b: Code): Code => joined(a, b, [0x47]);
/** A piece of code for each number below the count. */
export const times = (count: number, code: (index: number) => Code): Code =>
  joined(...Array.from({ length: count }, (_, index) => code(index)));
/** Runs the body again and again while the condition, looked at after it, is not zero. */
export const doWhile = (body: Code, condition: Code): Code => joined([0x03, 0x40], body, condition, [0x0d, 0x00, 0x0b]);

/** An instruction on 32-bit numbers. */
export const number = (opcode: number, ...operands: readonly Code[]): Code => joined(...operands, [opcode]);
/** An instruction on vectors of 128 bits. */
export const vector = (opcode: number, ...operands: readonly Code[]): Code => joined(...operands, [0xfd], unsigned(opcode));

/** What a load and a store say of their address: alignment as a power of two, and what is added to it. */
export const memory = (alignment: number, offset: number): Code => [alignment, ...unsigned(offset)];

export const I32 = 0x7f;
export const V128 = 0x7b;

export interface WasmFunction {
  readonly name: string;
  /** All are I32; locals 0 and on. */
  readonly parameters: number;
  /** The locals after those: how many of which type, in order. */
  readonly locals: readonly (readonly [count: number, type: number])[];
  readonly body: Code;
}

const vec = (items: readonly Code[]): Code => joined(unsigned(items.length), ...items);
const sized = (bytes: Code): Code => joined(unsigned(bytes.length), bytes);
const section = (id: number, items: readonly Code[]): Code => joined([id], sized(vec(items)));
const named = (name: string): Code => sized([...Buffer.from(name, 'latin1')]);

/** A module that exports these functions and a memory of a fixed size, `memory`. */
export function wasmModule(functions: readonly WasmFunction[], memoryPages: number): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }) => [0x60, ...vec(Array.from({ length: parameters }, () => [I32])), 0x00]);
  const codes = functions.map(({ locals, body }) =>
    sized(joined(vec(locals.map(([count, type]) => [...unsigned(count), type])), body, [0x0b])),
  );
  const exported = functions.map(({ name }, index) => [...named(name), 0x00, ...unsigned(index)]);
  const indices = functions.map((_, index) => unsigned(index));
  return Uint8Array.from(
    joined(
      [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      section(1, types),
      section(3, indices),
      section(5, [[0x01, ...unsigned(memoryPages), ...unsigned(memoryPages)]]),
      section(7, [...exported, [...named('memory'), 0x02, 0x00]]),
      section(10, codes),
    ),
  );
}
