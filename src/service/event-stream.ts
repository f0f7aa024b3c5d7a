/** One watcher's server-sent events: written only as fast as they are read, and never more than a bound waiting. */
import { Readable } from 'node:stream';
import type { FeedEntry, LiveFeed } from './live-feed.ts';

export interface EventStreamOptions {
  readonly feed: LiveFeed;
  /** Of this run of the service: numbers of another one mean nothing. */
  readonly epoch: string;
  /** As the watcher sent it. */
  readonly lastEventId: string | undefined;
  readonly signal: AbortSignal;
  /** What the watcher wants to know. Absent: all. */
  readonly wants?: (entry: FeedEntry) => boolean;
}

/** With what the way to the client holds, from thread to thread and in the socket, less than 256 KiB wait for one watcher. */
const BUFFER_BYTES = 48 * 1024;
/** So that nobody between takes a quiet connection for a dead one. */
const ALIVE_MS = 15_000;
/** After how long a browser that lost the connection comes back. */
const RETRY_MS = 2000;
const RESET = 'event: reset\ndata: {}\n\n';

export class EventStream extends Readable {
  readonly #options: EventStreamOptions;
  readonly #unwatch: () => void;
  readonly #alive: NodeJS.Timeout;
  readonly #end = (): void => void this.push(null);
  /** 0: it is told of all jobs. */
  #seen: number;
  /** What passed by until then is told to nobody who begins. */
  #begunAt: number;
  #isWanted = true;

  constructor(options: EventStreamOptions) {
    super({ highWaterMark: BUFFER_BYTES });
    this.#options = options;
    const { feed, epoch, lastEventId, signal } = options;
    this.#unwatch = feed.watch(() => this.#send());
    const seen = seenIn(lastEventId, epoch, feed);
    this.#seen = seen ?? 0;
    this.#begunAt = seen ?? feed.seq;
    this.push(`retry: ${RETRY_MS}\n\n${lastEventId !== undefined && seen === undefined ? RESET : ''}`);
    this.#alive = setInterval(() => this.#isWanted && this.push(': still here\n\n'), ALIVE_MS).unref();
    signal.addEventListener('abort', this.#end, { once: true });
    if (signal.aborted) this.#end();
    this.#send();
  }

  override _read(): void {
    this.#isWanted = true;
    this.#send();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#unwatch();
    this.#options.signal.removeEventListener('abort', this.#end);
    clearInterval(this.#alive);
    done(error);
  }

  /** What is not wanted yet waits in the feed, where a later change takes its place. */
  #send(): void {
    const { feed, epoch, signal } = this.#options;
    if (signal.aborted || !this.#isWanted) return;
    if (this.#seen > 0 && feed.isForgotten(this.#seen)) this.#beginAnew();
    for (const entry of feed.since(this.#seen)) {
      this.#seen = entry.seq;
      if (!this.#tells(entry)) continue;
      this.#isWanted = this.push(`id: ${epoch}.${entry.seq}\nevent: ${entry.event}\ndata: ${entry.data}\n\n`);
      if (!this.#isWanted) return;
    }
  }

  #tells(entry: FeedEntry): boolean {
    const isNews = entry.event === 'job' || entry.seq > this.#begunAt;
    return isNews && (this.#options.wants?.(entry) ?? true);
  }

  /** It read so slowly that events have passed it by. */
  #beginAnew(): void {
    this.#seen = 0;
    this.#begunAt = this.#options.feed.seq;
    this.push(RESET);
  }
}

/** Undefined: it is of another run of the service, none of ours, or from before what is remembered. */
function seenIn(lastEventId: string | undefined, epoch: string, feed: LiveFeed): number | undefined {
  const [ofEpoch, seq = ''] = lastEventId?.split('.') ?? [];
  const number = /^\d{1,15}$/.test(seq) ? Number(seq) : Number.NaN;
  return ofEpoch === epoch && number <= feed.seq && !feed.isForgotten(number) ? number : undefined;
}
