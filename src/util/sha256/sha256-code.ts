/**
 * SHA-256 (FIPS 180-4) as a WebAssembly module of two functions, made here instead of by a compiler: `together` takes the same
 * number of blocks of four streams, a stream in each 32-bit lane of a vector; `alone` takes blocks of the first stream.
 */
import { BLOCK_BYTES, INPUT_BYTES, MEMORY_PAGES, SPREAD_AT, scheduleAt, stateAt, VECTOR_BYTES } from './sha256-layout.ts';
import { PARAMETERS, rounds, SPARE, STATE, WORDS } from './sha256-rounds.ts';
import { NUMBERS, VECTORS, type Words } from './sha256-words.ts';
import { addNumber, type Code, constant, doWhile, get, I32, joined, memory, set, times, vector, wasmModule, ZERO } from './wasm-code.ts';

const INPUT = 0;
const BLOCKS = 1;

const loadState = (w: Words): Code => joined(...STATE.map((local, word) => set(local, w.load(ZERO, stateAt(word)))));
const addState = (w: Words): Code =>
  joined(
    ...STATE.flatMap((local, word) => [
      set(local, w.add(get(local), w.load(ZERO, stateAt(word)))),
      w.store(ZERO, stateAt(word), get(local)),
    ]),
  );

/** Words come in big-endian order. */
const SWAP = [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12];
const swapped = (vectorOfInput: Code): Code => vector(0x0e, vectorOfInput, [0xfd, 0x0c, ...SWAP]);
const inputVector = (at: number): Code => swapped([...vector(0x00, get(INPUT)), ...memory(0, at)]);
/** Picks four of the eight words of two vectors. */
const shuffle = (a: Code, b: Code, words: readonly number[]): Code =>
  joined(
    vector(0x0d, a, b),
    words.flatMap((word) => [4 * word, 4 * word + 1, 4 * word + 2, 4 * word + 3]),
  );

/** Four words of each lane: rows become columns. */
function transposed(quarter: number): Code {
  const [first, second, third, fourth, low, high] = SPARE;
  const put = (word: number, half: readonly number[]): Code =>
    VECTORS.store(ZERO, scheduleAt(4 * quarter + word), shuffle(get(low), get(high), half));
  const pairs = (words: readonly number[]): Code =>
    joined(set(low, shuffle(get(first), get(second), words)), set(high, shuffle(get(third), get(fourth), words)));
  return joined(
    ...[first, second, third, fourth].map((row, lane) => set(row, inputVector(lane * INPUT_BYTES + quarter * VECTOR_BYTES))),
    pairs([0, 4, 1, 5]),
    put(0, [0, 1, 4, 5]),
    put(1, [2, 3, 6, 7]),
    pairs([2, 6, 3, 7]),
    put(2, [0, 1, 4, 5]),
    put(3, [2, 3, 6, 7]),
  );
}

/** A vector of four words, taken apart: each to where a lane's word would lie. */
const spread = (quarter: number): Code =>
  joined(
    vector(0x0b, ZERO, inputVector(quarter * VECTOR_BYTES)),
    memory(4, SPREAD_AT),
    times(4, (word) => NUMBERS.store(ZERO, scheduleAt(4 * quarter + word), NUMBERS.load(ZERO, SPREAD_AT + 4 * word))),
  );

const blocks = (w: Words, read: (quarter: number) => Code): Code =>
  joined(
    loadState(w),
    doWhile(
      joined(times(4, read), rounds(w), addState(w), set(INPUT, addNumber(get(INPUT), constant(BLOCK_BYTES)))),
      joined(set(BLOCKS, addNumber(get(BLOCKS), constant(-1))), get(BLOCKS)),
    ),
  );

/** Both take the address of the first byte and how many blocks there are: at least one. */
const taking = (name: string, w: Words, read: (quarter: number) => Code) => ({
  name,
  parameters: PARAMETERS,
  locals: [
    [1, I32],
    [WORDS, w.type],
  ] as const,
  body: blocks(w, read),
});

export const sha256Module = (): Uint8Array<ArrayBuffer> =>
  wasmModule([taking('together', VECTORS, transposed), taking('alone', NUMBERS, spread)], MEMORY_PAGES);
