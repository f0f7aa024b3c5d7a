/** A range of a file on a mounted file system. Its owner may change it at any time: it is looked at before and after. */
import { type BigIntStats, closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Feed, FeedEvents } from './feed.ts';
import type { TokenBucket } from './token-bucket.ts';

/** The source file became another one while it was read. */
export class SourceChanged extends Error {
  override readonly name = 'SourceChanged';
}

export interface LocalFeedOptions {
  readonly path: string;
  readonly offset: number;
  readonly end: number;
  /** Shared by the lane: used only within one turn. */
  readonly readBuffer: Buffer;
  readonly limit: TokenBucket;
  readonly onPause: (ms: number) => void;
}

/** Equal as long as nobody has touched the file. */
export const fileValidator = (stats: BigIntStats): string => `${stats.ino}-${stats.size}-${stats.mtimeNs}-${stats.ctimeNs}`;

export class LocalFeed implements Feed {
  readonly #options: LocalFeedOptions;
  readonly #events: FeedEvents;
  #fd: number | undefined;
  #validator = '';
  #position: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LocalFeedOptions, events: FeedEvents) {
    this.#options = options;
    this.#events = events;
    this.#position = options.offset;
  }

  start(): void {
    setImmediate(() => {
      try {
        this.#fd = openSync(this.#options.path, 'r');
        const stats = fstatSync(this.#fd, { bigint: true });
        this.#validator = fileValidator(stats);
        const { offset } = this.#options;
        this.#events.onHead({ kind: 'opened', offset, totalBytes: Number(stats.size), validator: this.#validator });
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  proceed(): void {
    setImmediate(() => this.#turn());
  }

  cancel(): void {
    clearTimeout(this.#timer);
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #turn(): void {
    if (this.#fd === undefined) return;
    try {
      if (this.#position >= this.#options.end) this.#end(this.#fd);
      else if (this.#readSome(this.#fd)) this.#next();
    } catch (error) {
      this.#fail(error);
    }
  }

  #readSome(fd: number): boolean {
    const { readBuffer, end, limit } = this.#options;
    const wanted = Math.min(limit.readBytes(readBuffer.length), end - this.#position);
    const length = readSync(fd, readBuffer, 0, wanted, this.#position);
    if (length === 0) throw new SourceChanged('the source file became shorter while it was read');
    this.#position += length;
    limit.take(length);
    if (this.#position >= end) this.#check(fd);
    return this.#events.onData(readBuffer.subarray(0, length)) || this.#position >= end;
  }

  #next(): void {
    const waitMs = this.#options.limit.waitMs();
    if (waitMs < 1) return void setImmediate(() => this.#turn());
    this.#options.onPause(waitMs);
    this.#timer = setTimeout(() => this.#next(), waitMs);
  }

  #end(fd: number): void {
    this.#check(fd);
    this.cancel();
    this.#events.onEnd();
  }

  #check(fd: number): void {
    if (fileValidator(fstatSync(fd, { bigint: true })) !== this.#validator)
      throw new SourceChanged('the source file was changed while it was read');
  }

  #fail(error: unknown): void {
    this.cancel();
    this.#events.onError(error);
  }
}
