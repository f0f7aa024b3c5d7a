/** What the looks of a {@link SharedLook} are told. */
export interface SharedLookOptions<T> {
  readonly look: () => Promise<T>;
  /** How long what was seen is good for those who ask later. */
  readonly freshForMs: number;
  /** Milliseconds that never go backwards. */
  readonly now: () => number;
}

/** One look for all who ask while it is under way, and for those who ask soon after. A look that fails is tried anew by the next who asks. */
export class SharedLook<T> {
  readonly #options: SharedLookOptions<T>;
  #current: Promise<T> | undefined;
  #seenMs: number | undefined;

  constructor(options: SharedLookOptions<T>) {
    this.#options = options;
  }

  get(): Promise<T> {
    const { look, freshForMs, now } = this.#options;
    const isStale = this.#seenMs !== undefined && now() - this.#seenMs >= freshForMs;
    if (this.#current !== undefined && !isStale) return this.#current;
    this.#seenMs = undefined;
    const current = look();
    this.#current = current;
    current.then(
      () => {
        if (this.#current === current) this.#seenMs = now();
      },
      () => {
        if (this.#current === current) this.#current = undefined;
      },
    );
    return current;
  }
}
