/** The running hashes of one file's bytes: its sha256, and the kind that a source publishes where that is another one. */
import { createHash, type Hash } from 'node:crypto';
import type { DigestAlgorithm } from '../domain/published-digest.ts';

/** What is hashed besides sha256. */
export type OtherAlgorithm = Exclude<DigestAlgorithm, 'sha256'>;

export class ContentHash {
  readonly sha256: Hash;
  readonly #other: Hash | undefined;

  private constructor(sha256: Hash, other: Hash | undefined) {
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
  copy(): ContentHash {
    return new ContentHash(this.sha256.copy(), this.#other?.copy());
  }

  /** Of what was hashed so far; hashing can go on. */
  digests(): { readonly sha256: string; readonly other?: string } {
    const sha256 = this.sha256.copy().digest('hex');
    return this.#other === undefined ? { sha256 } : { sha256, other: this.#other.copy().digest('hex') };
  }
}

const otherHash = (algorithm: OtherAlgorithm, sizeBytes: number): Hash =>
  algorithm === 'md5' ? createHash('md5') : createHash('sha1').update(`blob ${sizeBytes}\0`);
