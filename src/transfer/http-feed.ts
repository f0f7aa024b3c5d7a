/** A ranged GET over a raw connection. */
import type { HttpTarget } from '../backends/backend.ts';
import { SNIFF_BYTES } from '../backends/http/sniff-body.ts';
import type { ConnectionPool } from './connection-pool.ts';
import type { Feed, FeedEvents } from './feed.ts';
import type { RawConnection } from './raw-connection.ts';
import type { RawHead } from './response-head.ts';
import type { TokenBucket } from './token-bucket.ts';

export interface HttpFeedOptions {
  readonly target: HttpTarget;
  readonly offset: number;
  readonly end: number;
  readonly pool: ConnectionPool;
  readonly limit: TokenBucket;
  readonly onPause: (ms: number) => void;
}

export class HttpFeed implements Feed {
  readonly #options: HttpFeedOptions;
  readonly #events: FeedEvents;
  #connection: RawConnection | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: HttpFeedOptions, events: FeedEvents) {
    this.#options = options;
    this.#events = events;
  }

  start(fresh = false): void {
    const { target, offset, end, pool } = this.#options;
    try {
      const url = new URL(target.url);
      const { connection, reused } = pool.take({ url, authorities: target.authorities }, fresh);
      this.#connection = connection;
      const sampleBytes = offset === 0 ? SNIFF_BYTES : 0;
      connection.request({ url, headers: target.headers, first: offset, last: end - 1, sampleBytes }, this.#handlers(connection, reused));
    } catch (error) {
      this.cancel();
      queueMicrotask(() => this.#events.onError(error));
    }
  }

  proceed(): void {
    this.#connection?.resume();
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  #handlers(connection: RawConnection, reused: boolean) {
    return {
      onHead: ({ status, headers }: RawHead, bytes: Uint8Array) =>
        this.#events.onHead({ kind: 'http', status, headers, sample: Uint8Array.from(bytes.subarray(0, SNIFF_BYTES)) }),
      onData: (bytes: Uint8Array) => this.#take(bytes),
      onEnd: () => {
        clearTimeout(this.#timer);
        this.#options.pool.give(connection);
        this.#connection = undefined;
        this.#events.onEnd();
      },
      onError: (error: Error) => {
        clearTimeout(this.#timer);
        this.#connection = undefined;
        // The server may close a kept connection at any time before it has seen the request.
        if (reused && !connection.answered) this.start(true);
        else this.#events.onError(error);
      },
    };
  }

  #take(bytes: Uint8Array): boolean {
    this.#options.limit.take(bytes.length);
    if (!this.#events.onData(bytes)) return false;
    const waitMs = this.#options.limit.waitMs();
    if (waitMs >= 1) this.#wait(waitMs);
    return waitMs < 1;
  }

  #wait(ms: number): void {
    this.#options.onPause(ms);
    this.#timer = setTimeout(() => {
      const more = this.#options.limit.waitMs();
      if (more >= 1) this.#wait(more);
      else this.#connection?.resume();
    }, ms);
  }
}
