/** Counters of one running range, written by its lane and watched by the engine. */

const RECEIVED = 0;
const POSITION = 1;
const PAUSED_MS = 2;

export class RangeStat {
  readonly buffer: SharedArrayBuffer;
  readonly #cells: BigInt64Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(24)) {
    this.buffer = buffer;
    this.#cells = new BigInt64Array(buffer);
  }

  /** Body bytes that came over the backend. */
  get receivedBytes(): number {
    return Number(Atomics.load(this.#cells, RECEIVED));
  }

  /** Offset in the file up to which the range's bytes are written. */
  get position(): number {
    return Number(Atomics.load(this.#cells, POSITION));
  }

  /** Milliseconds that the range has waited for the bandwidth limit, not for its source. */
  get pausedMs(): number {
    return Number(Atomics.load(this.#cells, PAUSED_MS));
  }

  addReceived(bytes: number): void {
    Atomics.add(this.#cells, RECEIVED, BigInt(bytes));
  }

  moveTo(position: number): void {
    Atomics.store(this.#cells, POSITION, BigInt(position));
  }

  addPause(ms: number): void {
    Atomics.add(this.#cells, PAUSED_MS, BigInt(Math.round(ms)));
  }
}
