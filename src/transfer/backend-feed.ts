/** A range opened through the backend itself: everything that plain HTTP on a lane cannot do. Main thread only. */
import type { OpenedFile } from '../backends/backend.ts';
import type { Feed, FeedEvents } from './feed.ts';
import type { TokenBucket } from './token-bucket.ts';

export interface BackendFeedOptions {
  readonly open: (signal: AbortSignal) => Promise<OpenedFile>;
  readonly limit: TokenBucket;
  readonly onPause: (ms: number) => void;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export class BackendFeed implements Feed {
  readonly #options: BackendFeedOptions;
  readonly #events: FeedEvents;
  readonly #abort = new AbortController();
  #opened: OpenedFile | undefined;

  constructor(options: BackendFeedOptions, events: FeedEvents) {
    this.#options = options;
    this.#events = events;
  }

  start(): void {
    this.#options.open(this.#abort.signal).then(
      (opened) => this.#begin(opened),
      (error: unknown) => this.#fail(error),
    );
  }

  proceed(): void {
    if (this.#opened === undefined) return;
    this.#pump(this.#opened).catch((error: unknown) => this.#fail(error));
  }

  cancel(): void {
    this.#abort.abort();
    this.#opened?.cancel();
    this.#opened = undefined;
  }

  #begin(opened: OpenedFile): void {
    if (this.#abort.signal.aborted) {
      opened.cancel();
      return;
    }
    this.#opened = opened;
    const { offset, totalBytes, validator } = opened;
    this.#events.onHead({
      kind: 'opened',
      offset,
      ...(totalBytes !== undefined && { totalBytes }),
      ...(validator !== undefined && { validator }),
    });
  }

  async #pump(opened: OpenedFile): Promise<void> {
    for await (const bytes of opened.body) {
      if (this.#abort.signal.aborted) return;
      this.#options.limit.take(bytes.length);
      if (!this.#events.onData(bytes)) return;
      await this.#wait();
    }
    if (this.#abort.signal.aborted) return;
    this.#opened = undefined;
    this.#events.onEnd();
  }

  async #wait(): Promise<void> {
    for (let ms = this.#options.limit.waitMs(); ms >= 1 && !this.#abort.signal.aborted; ms = this.#options.limit.waitMs()) {
      this.#options.onPause(ms);
      await sleep(ms);
    }
  }

  #fail(error: unknown): void {
    if (this.#abort.signal.aborted) return;
    this.cancel();
    this.#events.onError(error);
  }
}
