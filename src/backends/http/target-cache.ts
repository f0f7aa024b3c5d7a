import { isModelError } from '../../domain/errors.ts';
import type { HttpTarget } from '../backend.ts';

/** Where each path's redirects end; resolved by one caller for all who wait. */
export class TargetCache {
  readonly #known = new Map<string, HttpTarget>();
  readonly #pending = new Map<string, Promise<HttpTarget>>();

  peek(path: string): HttpTarget | undefined {
    const known = this.#known.get(path);
    if (known === undefined || known.validUntilMs === undefined || Date.now() < known.validUntilMs) return known;
    this.#known.delete(path);
    return undefined;
  }

  /** The first answer stays: those who hold it can drop it by identity. */
  put(path: string, target: HttpTarget): void {
    if (this.peek(path) === undefined) this.#known.set(path, target);
  }

  drop(path: string, target: HttpTarget): void {
    if (this.#known.get(path) === target) this.#known.delete(path);
  }

  clear(): void {
    this.#known.clear();
  }

  async get(path: string, signal: AbortSignal, resolve: () => Promise<HttpTarget>): Promise<HttpTarget> {
    for (;;) {
      const known = this.peek(path);
      if (known !== undefined) return known;
      const pending = this.#pending.get(path);
      if (pending === undefined) return this.#resolve(path, resolve);
      try {
        return await pending;
      } catch (error) {
        // Whoever asked first gave up; that is no reason for the others to.
        if (!isModelError(error, 'CANCELLED') || signal.aborted) throw error;
      }
    }
  }

  async #resolve(path: string, resolve: () => Promise<HttpTarget>): Promise<HttpTarget> {
    const pending = resolve();
    this.#pending.set(path, pending);
    try {
      const target = await pending;
      this.#known.set(path, target);
      return target;
    } finally {
      this.#pending.delete(path);
    }
  }
}
