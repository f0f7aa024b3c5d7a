/** The running hashes of one file's bytes: its sha256, and the kind that a source publishes where that is another one. */
import { createHash, type Hash } from 'node:crypto';
import type { DigestAlgorithm } from '../domain/published-digest.ts';

/** What is hashed besides sha256. */
export type OtherAlgorithm = Exclude<DigestAlgorithm, 'sha256'>;

/** A running sha256: node's own, or one that is hashed beside others. */
export interface Sha256Hash<Self> {
  update(bytes: Uint8Array): unknown;
  copy(): Self;
  /** The last that is asked of it. */
  digest(): Buffer;
}

export class ContentHash<Sha256 extends Sha256Hash<Sha256> = Hash> {
  readonly sha256: Sha256;
  readonly #other: Hash | undefined;

  constructor(sha256: Sha256, other?: Hash) {
    this.sha256 = sha256;
    this.#other = other;
  }

  /** @param sizeBytes of the whole file: git's name for bytes begins with it */
  static begin(sizeBytes: number, also?: OtherAlgorithm): ContentHash {
    return new ContentHash(createHash('sha256'), also && otherHash(also, sizeBytes));
  }

  update(bytes: Uint8Array): void {
    this.sha256.update(bytes);
    this.#other?.update(bytes);
  }

  /** The same state, to go on from or to come back to. */
  copy(): ContentHash<Sha256> {
    return new ContentHash(this.sha256.copy(), this.#other?.copy());
  }

  /** Of what was hashed so far; hashing can go on. */
  digests(): { readonly sha256: string; readonly other?: string } {
    const sha256 = this.sha256.copy().digest().toString('hex');
    return this.#other === undefined ? { sha256 } : { sha256, other: this.#other.copy().digest('hex') };
  }
}

const otherHash = (algorithm: OtherAlgorithm, sizeBytes: number): Hash =>
  algorithm === 'md5' ? createHash('md5') : createHash('sha1').update(`blob ${sizeBytes}\0`);
