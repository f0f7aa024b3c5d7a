/**
 * How far a file is hashed, in memory shared between the lane that hashes and the engine that may ask it to go back.
 * Going back is written here and not only told, so that no byte of a piece's new owner is read before it is known.
 */

const OFFSET = 0;
const GENERATION = 1;
const REWIND_TO = 2;
const SEEN = 3;

export class FrontierCell {
  readonly buffer: SharedArrayBuffer;
  readonly #cells: BigInt64Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(32)) {
    this.buffer = buffer;
    this.#cells = new BigInt64Array(buffer);
  }

  get offset(): number {
    return Number(Atomics.load(this.#cells, OFFSET));
  }

  get generation(): number {
    return Number(Atomics.load(this.#cells, GENERATION));
  }

  /** Engine: bytes from `offset` on will be replaced. Call before anything writes them. */
  rewind(offset: number): void {
    const generation = Atomics.load(this.#cells, GENERATION);
    const pending = Atomics.load(this.#cells, SEEN) !== generation;
    const before = Number(Atomics.load(this.#cells, REWIND_TO));
    Atomics.store(this.#cells, REWIND_TO, BigInt(pending ? Math.min(before, offset) : offset));
    Atomics.store(this.#cells, GENERATION, generation + 1n);
  }

  /** Lane: where to go back to, once for each request, and the generation of what is hashed from then on. */
  takeRewind(): { readonly offset: number; readonly generation: number } | undefined {
    const generation = Atomics.load(this.#cells, GENERATION);
    if (Atomics.load(this.#cells, SEEN) === generation) return undefined;
    const offset = Number(Atomics.load(this.#cells, REWIND_TO));
    Atomics.store(this.#cells, SEEN, generation);
    return { offset, generation: Number(generation) };
  }

  publish(offset: number): void {
    Atomics.store(this.#cells, OFFSET, BigInt(offset));
  }
}
