/** One range at work inside a lane: its feed, and where the bytes go. */
import type { Feed, FeedEvents } from './feed.ts';
import type { FileHash } from './frontier-hash.ts';
import type { AnswerHead, LaneEvent, RangeAccept, RangeEnd, RangeTask } from './lane-protocol.ts';
import { PieceWriter } from './piece-writer.ts';
import { faultOf } from './range-fault.ts';
import { RangeStat } from './range-stat.ts';

export interface LaneRangeOptions {
  readonly task: RangeTask;
  readonly makeFeed: (events: FeedEvents) => Feed;
  readonly hash: FileHash | undefined;
  readonly emit: (event: LaneEvent) => void;
  readonly onEnded: () => void;
}

export class LaneRange implements FeedEvents {
  readonly #options: LaneRangeOptions;
  readonly #stat: RangeStat;
  readonly #startedMs = performance.now();
  readonly #feed: Feed;
  #writer: PieceWriter | undefined;
  #accept: RangeAccept | undefined;
  /** A hedge's bytes, until they are placed. */
  readonly #kept: Uint8Array[] = [];
  #ended = false;

  constructor(options: LaneRangeOptions) {
    this.#options = options;
    this.#stat = new RangeStat(options.task.stat);
    this.#feed = options.makeFeed(this);
    this.#feed.start();
  }

  accept(accept: RangeAccept): void {
    if (this.#ended) return;
    this.#accept = accept;
    this.#writer = this.#makeWriter(accept);
    this.#feed.proceed();
  }

  #makeWriter(accept: RangeAccept): PieceWriter {
    const { file, rangeId } = this.#options.task;
    return new PieceWriter({
      file,
      rangeId,
      ...accept,
      passOver: accept.offset < this.#options.task.offset,
      hash: this.#options.hash,
      onHeld: (piece) => this.#options.emit({ type: 'range.held', rangeId, piece }),
    });
  }

  cancel(): void {
    this.#end({ how: 'cancelled' });
  }

  /** Writes what a hedge has kept: the slower range has ended at `from`. */
  place(from: number): void {
    if (this.#ended || this.#accept === undefined) return;
    const writer = this.#makeWriter({ ...this.#accept, offset: from });
    this.#writer = writer;
    try {
      let skip = from - this.#accept.offset;
      for (const bytes of this.#kept) {
        writer.write(bytes.subarray(Math.min(skip, bytes.length)));
        skip = Math.max(0, skip - bytes.length);
      }
      this.#stat.moveTo(writer.position);
      this.#end({ how: 'done' });
    } catch (error) {
      this.onError(error);
    }
  }

  onHead(head: AnswerHead): void {
    const waitedMs = performance.now() - this.#startedMs;
    this.#options.emit({ type: 'range.head', rangeId: this.#options.task.rangeId, head, waitedMs });
  }

  onData(bytes: Uint8Array): boolean {
    if (this.#ended || this.#writer === undefined) return false;
    this.#stat.addReceived(bytes.length);
    try {
      return this.#options.task.hedge ? this.#keep(bytes) : this.#write(this.#writer, bytes);
    } catch (error) {
      this.onError(error);
      return false;
    }
  }

  onEnd(): void {
    const position = this.#options.task.hedge ? this.#keptTo() : (this.#writer?.position ?? 0);
    if (position < (this.#accept?.end ?? 0)) this.#end({ how: 'short' });
    else if (!this.#options.task.hedge) this.#end({ how: 'done' });
    else this.#options.emit({ type: 'range.ready', rangeId: this.#options.task.rangeId });
  }

  onError(error: unknown): void {
    this.#end({ how: 'failed', fault: faultOf(error) });
  }

  #write(writer: PieceWriter, bytes: Uint8Array): boolean {
    const end = this.#accept?.end ?? 0;
    if (writer.position >= end) return this.#overrun(end);
    const expectsMore = writer.write(bytes);
    this.#stat.moveTo(writer.position);
    // At the extent's end the feed ends by itself, and its connection stays fit for the next range.
    if (expectsMore || writer.position >= end) return true;
    this.#end({ how: 'done' });
    return false;
  }

  /** A body that goes on is only wrong at the end of the file: elsewhere the source ignored the end of the range. */
  #overrun(end: number): false {
    this.#end({ how: end === this.#options.task.file.pieces.sizeBytes ? 'overlong' : 'done' });
    return false;
  }

  #keep(bytes: Uint8Array): boolean {
    this.#kept.push(Uint8Array.from(bytes));
    return true;
  }

  #keptTo(): number {
    return (this.#accept?.offset ?? 0) + this.#kept.reduce((sum, bytes) => sum + bytes.length, 0);
  }

  #end(end: RangeEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#feed.cancel();
    this.#writer?.release();
    this.#options.onEnded();
    this.#options.emit({ type: 'range.end', rangeId: this.#options.task.rangeId, end });
  }
}
