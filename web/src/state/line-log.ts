/** Lines that only ever get more, newest first: what has come since is put before them, older pages after them. */
import { signal } from '@preact/signals';
import { ask } from '../api/ask.ts';
import { Resource } from './resource.ts';

export interface LinePage<Line> {
  readonly lines: readonly Line[];
  /** There are older ones. */
  readonly more: boolean;
  /** Numbers of another one are of other lines. */
  readonly epoch?: string;
}

const PAGE = 100;

export class LineLog<Line extends { readonly seq: number }> {
  /** All that was asked for so far. */
  readonly all: Resource<readonly Line[]>;
  readonly #path: string;
  readonly #known = signal<readonly Line[]>([]);
  readonly #hasMore = signal(false);
  #epoch: string | undefined;

  constructor(path: string) {
    this.#path = path;
    this.all = new Resource((abort) => this.#ask(abort));
  }

  get hasMore(): boolean {
    return this.#hasMore.value;
  }

  /** @throws Problem */
  async loadOlder(): Promise<void> {
    const last = this.#known.peek().at(-1)?.seq ?? 0;
    const { lines, more, epoch } = await ask<LinePage<Line>>(`${this.#path}?limit=${PAGE}&before=${last}`);
    if (epoch === this.#epoch) {
      this.#known.value = [...this.#known.peek(), ...lines];
      this.#hasMore.value = more;
    }
    await this.all.refresh();
  }

  async #ask(abort: AbortSignal): Promise<readonly Line[]> {
    const known = this.#known.peek();
    const after = known[0]?.seq;
    const page = await ask<LinePage<Line>>(`${this.#path}?limit=${PAGE}${after === undefined ? '' : `&after=${after}`}`, { signal: abort });
    const isOther = page.epoch !== this.#epoch;
    if (isOther) {
      this.#epoch = page.epoch;
      this.#known.value = [];
      // What comes after a line of another run says nothing of this one.
      if (after !== undefined) return this.#ask(abort);
    }
    // More has come than a page holds: what lies between is not known, so the rest is asked for anew.
    const isGap = after !== undefined && page.more;
    if (after === undefined || isGap) this.#hasMore.value = page.more;
    this.#known.value = isGap ? page.lines : [...page.lines, ...known];
    return this.#known.value;
  }
}
