/** One watcher's server-sent events: written only as fast as they are read, and never more than a bound waiting. */
import { Readable } from 'node:stream';
import type { JobFeed } from './job-feed.ts';

export interface EventStreamOptions {
  readonly feed: JobFeed;
  /** Of this run of the service: numbers of another one mean nothing. */
  readonly epoch: string;
  /** As the watcher sent it. */
  readonly lastEventId: string | undefined;
  readonly signal: AbortSignal;
}

/** With what the socket holds, less than 256 KiB wait for one watcher. */
const BUFFER_BYTES = 160 * 1024;
/** So that nobody between takes a quiet connection for a dead one. */
const ALIVE_MS = 15_000;
/** After how long a browser that lost the connection comes back. */
const RETRY_MS = 2000;

export class EventStream extends Readable {
  readonly #options: EventStreamOptions;
  readonly #unwatch: () => void;
  readonly #alive: NodeJS.Timeout;
  readonly #end = (): void => void this.push(null);
  #seen: number;
  #isWanted = true;

  constructor(options: EventStreamOptions) {
    super({ highWaterMark: BUFFER_BYTES });
    this.#options = options;
    const { feed, epoch, lastEventId, signal } = options;
    const seen = seenIn(lastEventId, epoch, feed.seq);
    this.#seen = seen ?? 0;
    this.push(`retry: ${RETRY_MS}\n${lastEventId !== undefined && seen === undefined ? 'event: reset\ndata: {}\n' : ''}\n`);
    this.#unwatch = feed.watch(() => this.#send());
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
    if (signal.aborted) return;
    for (const { seq, event, data } of this.#isWanted ? feed.since(this.#seen) : []) {
      this.#seen = seq;
      this.#isWanted = this.push(`id: ${epoch}.${seq}\nevent: ${event}\ndata: ${data}\n\n`);
      if (!this.#isWanted) return;
    }
  }
}

/** Undefined: it is of another run of the service, or none of ours. */
function seenIn(lastEventId: string | undefined, epoch: string, newest: number): number | undefined {
  const [ofEpoch, seq = ''] = lastEventId?.split('.') ?? [];
  const number = /^\d{1,15}$/.test(seq) ? Number(seq) : Number.NaN;
  return ofEpoch === epoch && number <= newest ? number : undefined;
}
