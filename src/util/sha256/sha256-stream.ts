/**
 * One sha256 whose blocks can be hashed beside those of others. What it is fed alone goes through the same engine, so that it can go
 * either way at any time, at any length.
 */

import { BLOCK_BYTES, type ChainingValue, type Sha256Engine } from './sha256-engine.ts';

const LENGTH_BYTES = 8;

export class Sha256Stream {
  readonly #engine: Sha256Engine;
  readonly #value: ChainingValue;
  /** The begun block; only its first `#begunBytes` count. */
  readonly #block: Buffer;
  #lengthBytes: number;

  private constructor(engine: Sha256Engine, from: { value: ChainingValue; block: Uint8Array; lengthBytes: number }) {
    this.#engine = engine;
    this.#value = Uint32Array.from(from.value);
    this.#block = Buffer.from(from.block);
    this.#lengthBytes = from.lengthBytes;
  }

  static begin(engine: Sha256Engine): Sha256Stream {
    return new Sha256Stream(engine, { value: engine.initialValue, block: new Uint8Array(BLOCK_BYTES), lengthBytes: 0 });
  }

  /** What is missing from the block that was begun: bytes that can only be fed alone. */
  get missingBytes(): number {
    return (BLOCK_BYTES - this.#begunBytes) % BLOCK_BYTES;
  }

  update(bytes: Uint8Array): void {
    const head = Math.min(this.missingBytes, bytes.length);
    const end = head + wholeBlocks(bytes.length - head);
    this.#keep(bytes.subarray(0, head));
    this.#engine.alone(this.#value, bytes.subarray(head, end));
    this.#lengthBytes += end - head;
    this.#keep(bytes.subarray(end));
  }

  copy(): Sha256Stream {
    return new Sha256Stream(this.#engine, { value: this.#value, block: this.#block, lengthBytes: this.#lengthBytes });
  }

  /** Of all bytes so far; hashing can go on. */
  digest(): Buffer {
    const last = this.copy();
    const padding = Buffer.alloc(((2 * BLOCK_BYTES - LENGTH_BYTES - 1 - this.#begunBytes) % BLOCK_BYTES) + 1 + LENGTH_BYTES);
    padding[0] = 0x80;
    padding.writeBigUInt64BE(8n * BigInt(this.#lengthBytes), padding.length - LENGTH_BYTES);
    last.update(padding);
    const digest = Buffer.alloc(4 * last.#value.length);
    last.#value.forEach((word, index) => void digest.writeUInt32BE(word, 4 * index));
    return digest;
  }

  /** Hashes the first `length` bytes of the engine's inputs, the first stream's in the first: whole blocks, none of them begun. */
  static together(engine: Sha256Engine, streams: readonly Sha256Stream[], length: number): void {
    if (length % BLOCK_BYTES !== 0 || streams.some(({ missingBytes }) => missingBytes > 0))
      throw new Error('only whole blocks can be hashed together');
    engine.together(
      streams.map((stream) => stream.#value),
      length / BLOCK_BYTES,
    );
    for (const stream of streams) stream.#lengthBytes += length;
  }

  get #begunBytes(): number {
    return this.#lengthBytes % BLOCK_BYTES;
  }

  /** Less than a block, or what completes the begun one. */
  #keep(bytes: Uint8Array): void {
    this.#block.set(bytes, this.#begunBytes);
    this.#lengthBytes += bytes.length;
    if (bytes.length === 0 || this.#begunBytes > 0) return;
    this.#engine.alone(this.#value, this.#block);
  }
}

const wholeBlocks = (bytes: number): number => bytes - (bytes % BLOCK_BYTES);
