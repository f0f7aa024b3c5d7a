/**
 * Blobs by number: what is counted over a whole store takes a few typed arrays, and no object or string for each of its blobs.
 * Numbers begin with 0, in the order of `add`.
 */
import { type Sha256, sha256Of } from '../domain/digest.ts';

const DIGEST_BYTES = 32;
const DIGEST_WORDS = DIGEST_BYTES / 4;
const FIRST_ROOM = 1024;

export class BlobTable {
  #count = 0;
  #digests = new Uint32Array(FIRST_ROOM * DIGEST_WORDS);
  #digestBytes = Buffer.from(this.#digests.buffer);
  #sizes = new Float64Array(FIRST_ROOM);
  /** Number + 1 of the digest that has the place, or 0; at most half full. */
  #slots = new Uint32Array(2 * FIRST_ROOM);
  readonly #asked = new Uint32Array(DIGEST_WORDS);
  readonly #askedBytes = Buffer.from(this.#asked.buffer);

  get count(): number {
    return this.#count;
  }

  /** @returns its number; of a digest that is here already that, and its first size stays. */
  add(digest: Sha256, sizeBytes: number): number {
    const slot = this.#slotOf(digest);
    const found = this.#slots[slot] ?? 0;
    if (found > 0) return found - 1;
    const number = this.#count++;
    this.#digests.set(this.#asked, number * DIGEST_WORDS);
    this.#sizes[number] = sizeBytes;
    this.#slots[slot] = this.#count;
    if (this.#count === this.#sizes.length) this.#grow();
    return number;
  }

  numberOf(digest: Sha256): number | undefined {
    const found = this.#slots[this.#slotOf(digest)] ?? 0;
    return found > 0 ? found - 1 : undefined;
  }

  digestOf(number: number): Sha256 {
    return sha256Of(this.#digestBytes.toString('hex', number * DIGEST_BYTES, (number + 1) * DIGEST_BYTES));
  }

  sizeOf(number: number): number {
    return this.#sizes[number] ?? 0;
  }

  sumOf(numbers: Uint32Array): number {
    return numbers.reduce((sum, number) => sum + this.sizeOf(number), 0);
  }

  /** Where it is, or is to go; its words are in `#asked` from here on. */
  #slotOf(digest: Sha256): number {
    this.#askedBytes.write(digest, 'hex');
    return this.#probe(this.#asked, 0);
  }

  /** Digests are as good as any hash of them. */
  #probe(words: Uint32Array, at: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = (words[at] ?? 0) & mask; ; slot = (slot + 1) & mask) {
      const found = this.#slots[slot] ?? 0;
      if (found === 0 || this.#isAt(found - 1, words, at)) return slot;
    }
  }

  #isAt(number: number, words: Uint32Array, at: number): boolean {
    for (let word = 0; word < DIGEST_WORDS; word++) if (this.#digests[number * DIGEST_WORDS + word] !== words[at + word]) return false;
    return true;
  }

  #grow(): void {
    const room = 2 * this.#sizes.length;
    const [digests, sizes] = [this.#digests, this.#sizes];
    this.#digests = new Uint32Array(room * DIGEST_WORDS);
    this.#digests.set(digests);
    this.#digestBytes = Buffer.from(this.#digests.buffer);
    this.#sizes = new Float64Array(room);
    this.#sizes.set(sizes);
    this.#slots = new Uint32Array(2 * room);
    for (let number = 0; number < this.#count; number++) this.#slots[this.#probe(this.#digests, number * DIGEST_WORDS)] = number + 1;
  }
}
