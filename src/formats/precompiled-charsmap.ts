/**
 * The table by which a SentencePiece model normalises text (`precompiled_charsmap` of a tokenizer.json): a double-array trie from UTF-8 sequences to places in
 * a list of strings that end with NUL. Applied as Hugging Face's tokenizers do: a short grapheme as a whole where the table has it, else character by
 * character; of several entries that begin a text, the shortest counts. Pure.
 */

/** Longer graphemes are taken apart. */
const MAX_WHOLE_BYTES = 6;
const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

export class PrecompiledCharsmap {
  readonly #units: Uint32Array;
  readonly #strings: Buffer;

  /** @param base64 as tokenizer.json has it @throws RangeError where it is cut off */
  constructor(base64: string) {
    const bytes = Buffer.from(base64, 'base64');
    const end = 4 + bytes.readUInt32LE();
    this.#units = Uint32Array.from({ length: (end - 4) / 4 }, (_, unit) => bytes.readUInt32LE(4 + unit * 4));
    this.#strings = bytes.subarray(end);
  }

  normalize(text: string): string {
    return Array.from(GRAPHEMES.segment(text), ({ segment }) => this.#whole(segment) ?? this.#apart(segment)).join('');
  }

  #whole(grapheme: string): string | undefined {
    const bytes = Buffer.from(grapheme);
    return bytes.length < MAX_WHOLE_BYTES ? this.#replacement(bytes) : undefined;
  }

  #apart(grapheme: string): string {
    return Array.from(grapheme, (character) => this.#replacement(Buffer.from(character)) ?? character).join('');
  }

  /** Of the shortest sequence of the table that the bytes begin with. */
  #replacement(bytes: Buffer): string | undefined {
    let place = offsetOf(this.#unit(0));
    for (const byte of bytes) {
      place ^= byte;
      const unit = this.#unit(place);
      if (byte === 0 || labelOf(unit) !== byte) return undefined;
      place ^= offsetOf(unit);
      if (hasLeaf(unit)) return this.#string(this.#unit(place) & 0x7fffffff);
    }
    return undefined;
  }

  #unit(place: number): number {
    return this.#units[place] ?? 0;
  }

  #string(at: number): string {
    return this.#strings.toString('utf8', at, this.#strings.indexOf(0, at));
  }
}

const hasLeaf = (unit: number): boolean => ((unit >>> 8) & 1) === 1;

/** The byte that leads here; of a leaf no byte at all. */
const labelOf = (unit: number): number => (unit & 0x800000ff) >>> 0;

const offsetOf = (unit: number): number => (unit >>> 10) << ((unit & 0x200) >>> 6);
