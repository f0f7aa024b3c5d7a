/** An upper bound of bytes a second that can be changed while bytes move. */
export class RateCap {
  #bytesPerSecond: number | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(bytesPerSecond?: number) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Undefined: none. */
  get bytesPerSecond(): number | undefined {
    return this.#bytesPerSecond;
  }

  set(bytesPerSecond: number | undefined): void {
    if (bytesPerSecond === this.#bytesPerSecond) return;
    this.#bytesPerSecond = bytesPerSecond;
    for (const listener of this.#listeners) listener();
  }

  /** Told after each change. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** What holds of a limit that others set, and this. */
  within(limit: number | undefined): number | undefined {
    const cap = this.#bytesPerSecond;
    return limit === undefined || (cap !== undefined && cap < limit) ? cap : limit;
  }
}
