/** The module of sha256-code.ts at work: one for each thread that hashes with it, 2.6 MB of memory. */
import { sha256Module } from './sha256-code.ts';
import { initialValue, roundConstants } from './sha256-constants.ts';
import { ALONE_AT, BLOCK_BYTES, CONSTANTS_AT, INPUT_AT, INPUT_BYTES, LANES, STATE_AT } from './sha256-layout.ts';

/** As much of it as is used here: its types come with those of browsers only. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly together: TakeBlocks;
  readonly alone: TakeBlocks;
}

export { BLOCK_BYTES, INPUT_BYTES, LANES };

/** The eight words that all blocks so far have become. */
export type ChainingValue = Uint32Array;

const WARM_UP_BLOCKS = 2048;

type TakeBlocks = (address: number, blocks: number) => void;

export class Sha256Engine {
  /** What a stream begins with. */
  readonly initialValue: ChainingValue = initialValue();
  readonly #words: Uint32Array;
  readonly #together: TakeBlocks;
  readonly #alone: TakeBlocks;
  /** Where the bytes of each lane are to be put before they are hashed together. */
  readonly inputs: readonly Buffer<ArrayBuffer>[];
  readonly #aloneInput: Buffer<ArrayBuffer>;

  constructor() {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(sha256Module()));
    const { memory, together, alone } = exports as Exports;
    this.#together = together;
    this.#alone = alone;
    this.#words = new Uint32Array(memory.buffer);
    const input = (at: number) => Buffer.from(memory.buffer, at, INPUT_BYTES);
    this.inputs = Array.from({ length: LANES }, (_, lane) => input(INPUT_AT + lane * INPUT_BYTES));
    this.#aloneInput = input(ALONE_AT);
    roundConstants().forEach((constant, round) => {
      const at = CONSTANTS_AT / 4 + LANES * round;
      this.#words.fill(constant, at, at + LANES);
    });
    // V8's first code for it is slow; it makes better one, beside, once it has seen that there is work.
    together(INPUT_AT, WARM_UP_BLOCKS);
    alone(ALONE_AT, WARM_UP_BLOCKS);
  }

  /** The same number of blocks of each stream, from the beginning of its lane's input. At most LANES of them; the values are changed in place. */
  together(values: readonly ChainingValue[], blocks: number): void {
    if (blocks === 0) return;
    values.forEach((value, lane) => void this.#put(value, lane));
    this.#together(INPUT_AT, blocks);
    values.forEach((value, lane) => void this.#take(value, lane));
  }

  /** Whole blocks of one stream. */
  alone(value: ChainingValue, bytes: Uint8Array): void {
    this.#put(value, 0);
    for (let at = 0, length = 0; at < bytes.length; at += length) {
      length = Math.min(INPUT_BYTES, bytes.length - at);
      this.#aloneInput.set(bytes.subarray(at, at + length));
      this.#alone(ALONE_AT, length / BLOCK_BYTES);
    }
    this.#take(value, 0);
  }

  #put(value: ChainingValue, lane: number): void {
    for (let word = 0; word < 8; word++) this.#words[STATE_AT / 4 + LANES * word + lane] = value[word] ?? 0;
  }

  #take(value: ChainingValue, lane: number): void {
    for (let word = 0; word < 8; word++) value[word] = this.#words[STATE_AT / 4 + LANES * word + lane] ?? 0;
  }
}
