/**
 * The sha256 of each 16 MiB leaf, made beside the whole file's where the lane has time for it. Leaf 0 costs nothing: it
 * is the state of the whole file's hash at the leaf's end. One leaf that was not made ends the attempt.
 */
import { createHash, type Hash } from 'node:crypto';
import type { Sha256Hash } from './content-hash.ts';
import type { LaneLoad } from './lane-load.ts';
import { LEAF_BYTES } from './transfer.ts';

const DIGEST_BYTES = 32;

/** The whole file's hash. */
interface Whole extends Pick<Sha256Hash<Whole>, 'copy' | 'digest'> {}

export class LeafHasher {
  readonly #load: Pick<LaneLoad, 'isIdle'>;
  readonly #digests: Buffer[] = [];
  #leaf: Hash | undefined;
  #givenUp = false;

  constructor(load: Pick<LaneLoad, 'isIdle'>) {
    this.#load = load;
  }

  /** @param whole the whole file's hash; it has taken `bytes` already, which begin at `offset` */
  update(bytes: Uint8Array, offset: number, whole: Whole): void {
    let rest = bytes;
    let at = offset;
    while (rest.length > 0 && !this.#givenUp) {
      if (at % LEAF_BYTES === 0) this.#begin(at);
      const length = Math.min(rest.length, LEAF_BYTES - (at % LEAF_BYTES));
      this.#leaf?.update(rest.subarray(0, length));
      at += length;
      rest = rest.subarray(length);
      if (at % LEAF_BYTES === 0) this.#end(at, rest.length === 0 ? whole : undefined);
    }
  }

  /** All digests of a file that has ended, or undefined where one is missing. */
  finish(sizeBytes: number, whole: Whole): Uint8Array | undefined {
    if (!this.#givenUp && sizeBytes % LEAF_BYTES !== 0) this.#end(sizeBytes, whole);
    const complete = !this.#givenUp && this.#digests.length === Math.ceil(sizeBytes / LEAF_BYTES);
    return complete ? new Uint8Array(Buffer.concat(this.#digests, this.#digests.length * DIGEST_BYTES)) : undefined;
  }

  #begin(offset: number): void {
    if (offset === 0) return;
    if (this.#load.isIdle) this.#leaf = createHash('sha256');
    else this.#givenUp = true;
  }

  #end(offset: number, whole: Whole | undefined): void {
    const isFirst = offset <= LEAF_BYTES;
    const hash = isFirst ? whole?.copy() : this.#leaf;
    this.#leaf = undefined;
    if (hash === undefined) this.#givenUp = true;
    else this.#digests.push(hash.digest());
  }
}
