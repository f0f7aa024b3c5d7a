import { isModelError } from '../domain/errors.ts';

/** Something that is asked for once, by the first who needs it, for all; a failure is not kept. */
export class Once<T> {
  #answer: Promise<T> | undefined;

  async get(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    for (;;) {
      const mine = this.#answer === undefined;
      this.#answer ??= this.#keep(ask());
      try {
        return await this.#answer;
      } catch (error) {
        // Whoever asked first gave up; that is no reason for the others to.
        if (mine || signal.aborted || !isModelError(error, 'CANCELLED')) throw error;
      }
    }
  }

  forget(): void {
    this.#answer = undefined;
  }

  #keep(answer: Promise<T>): Promise<T> {
    answer.catch(() => {
      if (this.#answer === answer) this.#answer = undefined;
    });
    return answer;
  }
}
