/** One file cast to another float format: read, converted, hashed and written block by block. Synchronous, for a thread of its own. */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { type Conversion, converterFor, floatValue } from '../formats/convert-floats.ts';
import { DTYPE_BITS } from '../formats/dtype.ts';
import type { CastPlan, CastTensor } from '../formats/plan-cast.ts';
import { writeWhole } from '../util/write-whole.ts';

/** A multiple of every element's size. */
const BLOCK_BYTES = 1024 * 1024;

export interface CastOrder {
  /** Absolute. */
  readonly inputPath: string;
  /** Of this process, open for writing; stays the caller's. */
  readonly outputFd: number;
  readonly plan: CastPlan;
}

export interface CastWatch {
  /** After each block, with the bytes written so far. @returns whether to go on */
  readonly onWritten: (doneBytes: number) => boolean;
}

/** A finite value that the new format has no finite value for. */
export interface Overflow {
  readonly tensor: string;
  /** In the tensor's own order, flat, from 0. */
  readonly index: number;
  readonly value: number;
}

export type CastOutcome = { readonly sha256: string } | { readonly overflow: Overflow } | { readonly stopped: true };

/** @throws Error of a file call; ENODATA where the input ends too early */
export function castFile(order: CastOrder, watch: CastWatch): CastOutcome {
  const inputFd = openSync(order.inputPath, 'r');
  try {
    return new FileCast(inputFd, order, watch).run();
  } finally {
    closeSync(inputFd);
  }
}

class FileCast {
  readonly #inputFd: number;
  readonly #order: CastOrder;
  readonly #watch: CastWatch;
  readonly #hash: Hash = createHash('sha256');
  readonly #source = new ArrayBuffer(BLOCK_BYTES);
  readonly #target = new ArrayBuffer(BLOCK_BYTES);
  #written = 0;

  constructor(inputFd: number, order: CastOrder, watch: CastWatch) {
    this.#inputFd = inputFd;
    this.#order = order;
    this.#watch = watch;
  }

  run(): CastOutcome {
    const { header, tensors } = this.#order.plan;
    if (!this.#write(header)) return { stopped: true };
    for (const tensor of tensors) {
      const ended = this.#castTensor(tensor);
      if (ended !== undefined) return ended;
    }
    return { sha256: this.#hash.digest('hex') };
  }

  #castTensor({ name, inputOffset, inputBytes, conversion }: CastTensor): CastOutcome | undefined {
    for (let done = 0; done < inputBytes; done += BLOCK_BYTES) {
      const length = Math.min(BLOCK_BYTES, inputBytes - done);
      this.#read(inputOffset + done, length);
      const overflowAt = conversion === undefined ? -1 : convertBlock(this.#source, this.#target, { conversion, length });
      if (conversion !== undefined && overflowAt >= 0) return this.#overflow(name, { conversion, done, at: overflowAt });
      if (!this.#write(this.#converted(length, conversion))) return { stopped: true };
    }
    return undefined;
  }

  #converted(length: number, conversion: Conversion | undefined): Uint8Array {
    if (conversion === undefined) return new Uint8Array(this.#source, 0, length);
    return new Uint8Array(this.#target, 0, (length * DTYPE_BITS[conversion.to]) / DTYPE_BITS[conversion.from]);
  }

  #overflow(tensor: string, { conversion, done, at }: { conversion: Conversion; done: number; at: number }): CastOutcome {
    const index = (done * 8) / DTYPE_BITS[conversion.from] + at;
    return { overflow: { tensor, index, value: floatValue(conversion.from, this.#source, at) } };
  }

  #read(offset: number, length: number): void {
    const bytes = new Uint8Array(this.#source, 0, length);
    for (let got = 0; got < length; ) {
      const more = readSync(this.#inputFd, bytes, got, length - got, offset + got);
      if (more === 0) throw Object.assign(new Error(`it ends at ${offset + got}, before its last tensor`), { code: 'ENODATA' });
      got += more;
    }
  }

  #write(bytes: Uint8Array): boolean {
    this.#hash.update(bytes);
    writeWhole(this.#order.outputFd, bytes, this.#written);
    this.#written += bytes.length;
    return this.#watch.onWritten(this.#written);
  }
}

const convertBlock = (
  source: ArrayBuffer,
  target: ArrayBuffer,
  { conversion, length }: { conversion: Conversion; length: number },
): number => converterFor(conversion)(source, target, (length * 8) / DTYPE_BITS[conversion.from]);
