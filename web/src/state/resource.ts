/** Something that is asked for again and again while somebody looks at it, with what came last, and what went wrong since. */
import { effect, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { ask } from '../api/ask.ts';
import { asProblem, type Problem } from '../api/problem.ts';
import { token } from '../api/token.ts';
import { returns } from './connection.ts';

export class Resource<Value> {
  readonly #load: (signal: AbortSignal) => Promise<Value>;
  readonly #value = signal<Value | undefined>(undefined);
  readonly #problem = signal<Problem | undefined>(undefined);
  readonly #isLoading = signal(false);
  #running: AbortController | undefined;

  constructor(load: (signal: AbortSignal) => Promise<Value>) {
    this.#load = load;
  }

  /** What came last, however old. */
  get value(): Value | undefined {
    return this.#value.value;
  }

  get problem(): Problem | undefined {
    return this.#problem.value;
  }

  get isLoading(): boolean {
    return this.#isLoading.value;
  }

  /** An answer that is under way is of before whatever made somebody ask again: it is dropped. */
  async refresh(): Promise<void> {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.#isLoading.value = true;
    try {
      this.#value.value = await this.#load(running.signal);
      this.#problem.value = undefined;
    } catch (thrown) {
      if (!running.signal.aborted) this.#problem.value = asProblem(thrown);
    } finally {
      if (this.#running === running) this.#isLoading.value = false;
    }
  }

  /** For as long as it is watched: now, every so often while the page can be seen, and whenever token or service are new. @returns what ends it */
  watch(everyMs: number): () => void {
    const timer = setInterval(() => {
      if (!document.hidden && !this.#isLoading.peek()) void this.refresh();
    }, everyMs);
    const unwatch = effect(() => {
      void [token.value, returns.value];
      void this.refresh();
    });
    return () => {
      clearInterval(timer);
      unwatch();
      this.#running?.abort();
    };
  }
}

/** @param path as {@link ask} takes it; another one is another resource */
export function useAnswer<Value>(path: string, everyMs: number): Resource<Value> {
  const resource = useMemo(() => new Resource<Value>((signal) => ask<Value>(path, { signal })), [path]);
  useWatched(resource, everyMs);
  return resource;
}

export function useWatched<Value>(resource: Resource<Value>, everyMs: number): void {
  useEffect(() => resource.watch(everyMs), [resource, everyMs]);
}
