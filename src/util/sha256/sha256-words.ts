/** The words that sha256 is made of, as instructions of WebAssembly: a number, or a vector with one of each stream. */
import { addNumber, type Code, constant, I32, memory, number, V128, vector } from './wasm-code.ts';

export interface Words {
  readonly type: number;
  add(a: Code, b: Code): Code;
  xor(a: Code, b: Code): Code;
  and(a: Code, b: Code): Code;
  shiftRight(word: Code, bits: number): Code;
  rotateRight(word: Code, bits: number): Code;
  load(address: Code, at: number): Code;
  store(address: Code, at: number, word: Code): Code;
}

const shiftVector = (opcode: number, word: Code, bits: number): Code => vector(opcode, word, constant(bits));

export const VECTORS: Words = {
  type: V128,
  add: (a, b) => vector(0xae, a, b),
  xor: (a, b) => vector(0x51, a, b),
  and: (a, b) => vector(0x4e, a, b),
  shiftRight: (word, bits) => shiftVector(0xad, word, bits),
  rotateRight: (word, bits) => vector(0x50, shiftVector(0xad, word, bits), shiftVector(0xab, word, 32 - bits)),
  load: (address, at) => [...vector(0x00, address), ...memory(4, at)],
  store: (address, at, word) => [...vector(0x0b, address, word), ...memory(4, at)],
};

export const NUMBERS: Words = {
  type: I32,
  add: addNumber,
  xor: (a, b) => number(0x73, a, b),
  and: (a, b) => number(0x71, a, b),
  shiftRight: (word, bits) => number(0x76, word, constant(bits)),
  rotateRight: (word, bits) => number(0x78, word, constant(bits)),
  load: (address, at) => [...number(0x28, address), ...memory(2, at)],
  store: (address, at, word) => [...number(0x36, address, word), ...memory(2, at)],
};
