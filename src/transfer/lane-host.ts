/** The inside of a lane: runs ranges and hashes on the thread that it is made in. */
import { BackendFeed, type BackendFeedOptions } from './backend-feed.ts';
import { ConnectionPool } from './connection-pool.ts';
import type { Feed, FeedEvents } from './feed.ts';
import { type FileHash, type FileHashOptions, FrontierHash, makeReadBuffer } from './frontier-hash.ts';
import { HttpFeed } from './http-feed.ts';
import { JointFrontierHash } from './joint-frontier-hash.ts';
import { JointHashing } from './joint-hashing.ts';
import { JointPathHash } from './joint-path-hash.ts';
import { LaneLoad } from './lane-load.ts';
import type { LaneCommand, LaneEvent, RangeTask } from './lane-protocol.ts';
import { LaneRange } from './lane-range.ts';
import { LocalFeed } from './local-feed.ts';
import { PathHash, type PathHashEvents } from './path-hash.ts';
import { faultOf } from './range-fault.ts';
import { RangeStat } from './range-stat.ts';
import { TokenBucket } from './token-bucket.ts';

export interface LaneSetup {
  readonly limit: SharedArrayBuffer;
  /** See lane-load.ts. */
  readonly load: SharedArrayBuffer;
  /** Largest read buffer of one connection. */
  readonly bufferBytes: number;
}

export type OpenBackend = BackendFeedOptions['open'];

export class LaneHost {
  readonly #emit: (event: LaneEvent) => void;
  readonly #limit: TokenBucket;
  readonly #pool: ConnectionPool;
  readonly #load: LaneLoad;
  readonly #stopMeasuring: () => void;
  readonly #readBuffer = makeReadBuffer();
  readonly #joint = new JointHashing();
  readonly #hashes = new Map<number, FileHash>();
  readonly #ranges = new Map<number, LaneRange>();
  readonly #paths = new Map<number, Pick<PathHash, 'cancel'>>();

  constructor(setup: LaneSetup, emit: (event: LaneEvent) => void) {
    this.#emit = emit;
    this.#limit = new TokenBucket(setup.limit);
    this.#load = new LaneLoad(setup.load);
    this.#stopMeasuring = this.#load.measure();
    this.#pool = new ConnectionPool({ bufferBytes: setup.bufferBytes, usableBytes: () => this.#limit.readBytes(setup.bufferBytes) });
  }

  /** @param open for a range whose origin is `backend` */
  handle(command: LaneCommand, open?: OpenBackend): void {
    switch (command.type) {
      case 'hash.open':
        this.#openHash(command);
        break;
      case 'hash.advance':
        this.#hashes.get(command.fileId)?.advance();
        break;
      case 'hash.close':
        this.#hashes.get(command.fileId)?.close();
        this.#hashes.delete(command.fileId);
        break;
      case 'range.start':
        this.#startRange(command.task, open);
        break;
      case 'range.accept':
        this.#ranges.get(command.rangeId)?.accept(command.accept);
        break;
      case 'range.place':
        this.#ranges.get(command.rangeId)?.place(command.from);
        break;
      case 'range.cancel':
        this.#ranges.get(command.rangeId)?.cancel();
        break;
      case 'path.hash':
        this.#hashPath(command);
        break;
      case 'path.cancel':
        this.#paths.get(command.jobId)?.cancel();
        this.#paths.delete(command.jobId);
        break;
    }
  }

  close(): void {
    for (const range of [...this.#ranges.values()]) range.cancel();
    for (const hash of this.#hashes.values()) hash.close();
    for (const path of this.#paths.values()) path.cancel();
    this.#stopMeasuring();
    this.#pool.close();
  }

  #openHash({ file, leaves, also, joint }: LaneCommand & { readonly type: 'hash.open' }): void {
    const { fileId } = file;
    const options: FileHashOptions = {
      file,
      leavesWhen: leaves ? this.#load : undefined,
      onDone: (result, generation) => this.#emit({ type: 'hash.done', fileId, generation, result }),
      onError: (error, generation) => this.#emit({ type: 'hash.failed', fileId, generation, fault: faultOf(error) }),
    };
    const hash = joint
      ? new JointFrontierHash({ ...options, joint: this.#joint })
      : new FrontierHash({ ...options, also, readBuffer: this.#readBuffer });
    this.#hashes.set(fileId, hash);
  }

  #startRange(task: RangeTask, open: OpenBackend | undefined): void {
    const range = new LaneRange({
      task,
      makeFeed: (events) => this.#makeFeed(task, events, open),
      hash: this.#hashes.get(task.file.fileId),
      emit: this.#emit,
      onEnded: () => this.#ranges.delete(task.rangeId),
    });
    this.#ranges.set(task.rangeId, range);
  }

  #makeFeed(task: RangeTask, events: FeedEvents, open: OpenBackend | undefined): Feed {
    const { origin, offset, end } = task;
    const stat = new RangeStat(task.stat);
    const common = { limit: this.#limit, onPause: (ms: number) => stat.addPause(ms) };
    switch (origin.kind) {
      case 'http':
        return new HttpFeed({ ...common, target: origin.target, offset, end, pool: this.#pool }, events);
      case 'local':
        return new LocalFeed({ ...common, path: origin.path, offset, end, readBuffer: this.#readBuffer }, events);
      case 'backend':
        if (open === undefined) throw new Error('a backend can be opened on the main thread only');
        return new BackendFeed({ ...common, open }, events);
    }
  }

  #hashPath(command: LaneCommand & { readonly type: 'path.hash' }): void {
    const { jobId } = command;
    const events: PathHashEvents = {
      onDone: (result) => {
        this.#paths.delete(jobId);
        this.#emit({ type: 'path.done', jobId, result });
      },
      onError: (error) => {
        this.#paths.delete(jobId);
        this.#emit({ type: 'path.failed', jobId, fault: faultOf(error) });
      },
    };
    const job = command.joint
      ? new JointPathHash(command, { ...events, joint: this.#joint })
      : new PathHash(command, { ...events, readBuffer: this.#readBuffer, limit: this.#limit });
    this.#paths.set(jobId, job);
  }
}
