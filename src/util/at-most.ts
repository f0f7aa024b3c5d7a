/** So many calls at a time; the others wait, in the order in which they came. */
export class AtMost {
  readonly #waiting: (() => void)[] = [];
  readonly #untilIdle: (() => void)[] = [];
  readonly #count: number;
  #running = 0;

  constructor(count: number) {
    this.#count = count;
  }

  readonly run = async <T>(call: () => Promise<T>): Promise<T> => {
    if (this.#running < this.#count) this.#running++;
    else await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    try {
      return await call();
    } finally {
      this.#passOn();
    }
  };

  /** Until no call is under way or waits. */
  async idle(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => void this.#untilIdle.push(resolve));
  }

  #passOn(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) {
      next();
      return;
    }
    this.#running--;
    if (this.#running === 0) for (const resolve of this.#untilIdle.splice(0)) resolve();
  }
}
