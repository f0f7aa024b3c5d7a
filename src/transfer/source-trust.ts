/**
 * Whom to ask next, and whom to disbelieve when the whole file hashes to the wrong digest. Pure: facts in, decisions out.
 *
 * A source is proven to lie when it alone supplied all bytes of a wrong file, or when the file became right by
 * replacing its bytes only. Until then it is a suspect, asked again only when nobody else is left. After that even a liar is
 * asked again, since bytes also go wrong on their way; one that gives the same wrong file twice has no other.
 */
import type { FileSource } from '../backends/backend.ts';

export interface Supplier {
  /** In the partial's source table. */
  readonly index: number;
  readonly label: string;
}

export type Verdict =
  /** Held before this run began: damage on disk is as likely as a lie. */
  | { readonly kind: 'distrust-resumed' }
  | { readonly kind: 'liar'; readonly label: string }
  | { readonly kind: 'suspect'; readonly index: number; readonly label: string };

interface Suspect {
  readonly label: string;
  /** Digest of the wrong file. */
  readonly found: string;
}

export class SourceTrust {
  readonly #sources: readonly FileSource[];
  readonly #wholeFileTries: number;
  /** Label -> digests of the wrong files that it gave alone. */
  readonly #wrongFiles = new Map<string, readonly string[]>();
  readonly #failed = new Set<FileSource>();
  readonly #setAside = new Set<FileSource>();
  readonly #liars = new Map<string, string>();
  #suspects: Suspect[] = [];
  /** The one whose bytes alone have been replaced since the file was last seen wrong. */
  #replaced: Suspect | undefined;

  /** @param wholeFileTries how often one source may give the whole file wrong before it is not asked again */
  constructor(sources: readonly FileSource[], wholeFileTries: number) {
    this.#sources = sources;
    this.#wholeFileTries = wholeFileTries;
  }

  /** Label -> digest of the bytes that it gave. */
  get liars(): ReadonlyMap<string, string> {
    return this.#liars;
  }

  /** The sources that have neither failed nor lied nor are under suspicion, in priority order; those set aside only when no other is left. */
  trusted(): FileSource[] {
    const trusted = this.#usable().filter((source) => !this.#isSuspect(source.backend.label));
    const preferred = trusted.filter((source) => !this.#setAside.has(source));
    return preferred.length > 0 ? preferred : trusted;
  }

  /** The first of {@link trusted}. */
  next(): FileSource | undefined {
    return this.trusted()[0];
  }

  hasOther(than: FileSource): boolean {
    return this.#usable().some((source) => source !== than && !this.#isSuspect(source.backend.label));
  }

  /** A suspect that may be asked for the whole file, to prove or clear it; its suspicion is lifted. */
  lastResort(): FileSource | undefined {
    const source = this.#usable().find(({ backend }) => this.#isSuspect(backend.label));
    if (source !== undefined) this.#suspects = this.#suspects.filter(({ label }) => label !== source.backend.label);
    this.#replaced = undefined;
    return source;
  }

  /** A source that lied and may be asked for the whole file once more. */
  secondChance(): FileSource | undefined {
    return this.#sources.find((source) => !this.#failed.has(source) && this.#mayDoBetter(source.backend.label));
  }

  /** It fell behind others: asked again when they are gone, as long as each time brings something. */
  setAside(source: FileSource, helped: boolean): void {
    if (this.#setAside.has(source) && !helped) this.#failed.add(source);
    this.#setAside.add(source);
  }

  failed(source: FileSource): void {
    this.#failed.add(source);
  }

  /** The file is wrong. @param suppliers of all its pieces; @param hasResumed whether some were there before */
  mismatch(facts: { readonly suppliers: readonly Supplier[]; readonly hasResumed: boolean; readonly found: string }): Verdict {
    const { suppliers, hasResumed, found } = facts;
    this.#replaced = undefined;
    if (hasResumed) return { kind: 'distrust-resumed' };
    const [worst] = [...suppliers].sort((a, b) => this.#rank(b.label) - this.#rank(a.label) || a.index - b.index);
    if (worst === undefined) throw new Error('a file without bytes has the wrong digest');
    if (suppliers.length === 1) {
      this.#liars.set(worst.label, found);
      this.#wrongFiles.set(worst.label, [...(this.#wrongFiles.get(worst.label) ?? []), found]);
      return { kind: 'liar', label: worst.label };
    }
    this.#replaced = { label: worst.label, found };
    this.#suspects.push(this.#replaced);
    return { kind: 'suspect', ...worst };
  }

  /** The file is right: the one whose bytes alone were replaced had given wrong ones. Of earlier suspects it says nothing. */
  match(): Suspect | undefined {
    if (this.#replaced !== undefined) this.#liars.set(this.#replaced.label, this.#replaced.found);
    return this.#replaced;
  }

  #usable(): FileSource[] {
    return this.#sources.filter((source) => !this.#failed.has(source) && !this.#liars.has(source.backend.label));
  }

  #mayDoBetter(label: string): boolean {
    const wrong = this.#wrongFiles.get(label) ?? [];
    return wrong.length > 0 && wrong.length < this.#wholeFileTries && new Set(wrong).size === wrong.length;
  }

  #isSuspect(label: string): boolean {
    return this.#suspects.some((suspect) => suspect.label === label);
  }

  /** Higher is less trusted: who is not asked any more first, then by priority. */
  #rank(label: string): number {
    const at = this.#sources.findIndex(({ backend }) => backend.label === label);
    return at < 0 ? this.#sources.length : at;
  }
}
