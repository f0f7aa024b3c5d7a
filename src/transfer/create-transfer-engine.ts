/** The transfer engine: files in parallel, ranges in parallel inside a file, bytes moved and hashed on other threads. */

import { throwIfCancelled } from '../domain/cancelled.ts';
import { ModelError } from '../domain/errors.ts';
import type { TrafficControl } from '../domain/traffic.ts';
import type { Clock, Random } from '../domain/world.ts';
import { otherAlgorithm } from './expected.ts';
import { FileState } from './file-state.ts';
import { FileTransfer } from './file-transfer.ts';
import { isHashedJointly } from './joint-plan.ts';
import type { Lane } from './lane.ts';
import { LaneBalance } from './lane-balance.ts';
import { defaultWorkers, LanePool } from './lane-pool.ts';
import type { TransferRetry } from './retry-budget.ts';
import { Scheduler } from './scheduler.ts';
import { hasShaInstructions } from './sha-instructions.ts';
import { TokenBucket } from './token-bucket.ts';
import type { TransferEngine, TransferFile, TransferOutcome } from './transfer.ts';

export interface TransferEngineOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Threads for big jobs. Default: one a core, at most 6. */
  readonly workers?: number;
  /** Files at work at once. */
  readonly maxFiles: number;
  /** Ranges at work at once, over all files. */
  readonly connections: number;
  readonly perHostConnections: number;
  /** Absent: no limit. */
  readonly limitRateBytesPerSecond?: number;
  /** A range that gives nothing for so long is ended and tried again. */
  readonly stallTimeoutMs: number;
  readonly retry: TransferRetry;
  /** Bounds all buffers together. */
  readonly memoryBudgetBytes: number;
  /** How bytes come from a mounted file system: `auto` shares extents where the file system can (reflink), else copies. */
  readonly localLink?: 'auto' | 'copy' | 'hard';
  /** `inline`: never a worker. */
  readonly lanes?: 'auto' | 'inline';
  /** Default: asked of OpenSSL, see sha-instructions.ts. */
  readonly hasShaInstructions?: () => boolean;
  /** Absent: this process is alone, and remembers nothing of its sources. */
  readonly traffic?: TrafficControl;
}

export interface TransferControls extends TransferEngine {
  /** Undefined: no limit. Felt at once by what already runs. */
  setLimitRate(bytesPerSecond: number | undefined): void;
}

/** Jobs smaller than this in all are done on the main thread: a worker costs more than it brings. */
const BULK_BYTES = 32 * 1024 * 1024;
const MAX_BUFFER_BYTES = 256 * 1024;
const MIN_BUFFER_BYTES = 16 * 1024;

interface Waiting {
  readonly file: TransferFile;
  readonly begin: () => void;
}

export function createTransferEngine(options: TransferEngineOptions): TransferControls {
  return new Engine(options);
}

class Engine implements TransferControls {
  readonly #options: TransferEngineOptions;
  readonly #limit = new TokenBucket();
  readonly #pool: LanePool;
  readonly #scheduler: Scheduler;
  readonly #balance = new LaneBalance<Lane>(() => this.#waiting.length > 0);
  readonly #closed = new AbortController();
  /** Those with a place; their state once they have begun. */
  readonly #running = new Map<TransferFile, FileState | undefined>();
  #admitted = 0;
  #drained: (() => void) | undefined;
  readonly #waiting: Waiting[] = [];

  constructor(options: TransferEngineOptions) {
    this.#options = options;
    this.setLimitRate(options.limitRateBytesPerSecond);
    this.#pool = new LanePool({
      limit: this.#limit.buffer,
      bufferBytes: bufferBytes(options),
      workers: options.lanes === 'inline' ? 0 : (options.workers ?? defaultWorkers()),
    });
    this.#scheduler = new Scheduler({
      connections: options.connections,
      perHostConnections: options.perHostConnections,
      monotonicMs: () => options.clock.monotonic(),
      isRateLimited: () => this.#limit.bytesPerSecond > 0,
      isPaused: (host) => options.traffic?.isPaused(host) ?? false,
    });
  }

  setLimitRate(bytesPerSecond: number | undefined): void {
    this.#limit.setRate(bytesPerSecond ?? 0);
  }

  expect(bytes: number): void {
    if (bytes > BULK_BYTES) this.#pool.bulk();
  }

  async fetch(file: TransferFile): Promise<TransferOutcome> {
    await this.#turn(file);
    try {
      throwIfCancelled(AbortSignal.any([file.signal, this.#closed.signal]), `fetching ${file.name}`);
      this.#running.set(file, undefined);
      return await this.#inPlace(file);
    } finally {
      this.#running.delete(file);
      this.#admitted--;
      this.#admit();
    }
  }

  async close(): Promise<void> {
    this.#closed.abort(new ModelError('CANCELLED', 'the transfer engine was closed'));
    for (const waiting of [...this.#waiting]) this.#begin(waiting);
    if (this.#admitted > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
    this.#scheduler.close();
    await this.#pool.close();
  }

  async #inPlace(file: TransferFile): Promise<TransferOutcome> {
    const signal = AbortSignal.any([file.signal, this.#closed.signal]);
    const leave = await this.#options.traffic?.enter({ file: file.name, emit: file.emit, signal });
    try {
      return await this.#run(file);
    } finally {
      leave?.();
    }
  }

  #run(file: TransferFile): Promise<TransferOutcome> {
    const lanes = this.#isBulk() ? this.#pool.bulk() : [this.#pool.main];
    const isJoint = this.#isJoint(file, lanes);
    const hashLane = (isJoint ? lanes[0] : this.#balance.leastFiles(lanes)) ?? this.#pool.main;
    const state = new FileState(file, { fileId: this.#pool.nextId(), hashLane, isJoint, signal: this.#closed.signal });
    const { clock, random, retry, stallTimeoutMs, traffic, localLink = 'auto' } = this.#options;
    const world = { clock, random, retry, stallTimeoutMs, mayClone: localLink === 'auto', traffic };
    this.#running.set(file, state);
    const common = { ...world, scheduler: this.#scheduler, pool: this.#pool, lanes, balance: this.#balance };
    this.#balance.add(state);
    return new FileTransfer({ ...common, state }).run().finally(() => this.#balance.delete(state));
  }

  #isJoint(file: TransferFile, lanes: readonly Lane[]): boolean {
    if (lanes.includes(this.#pool.main) || (file.expected && otherAlgorithm(file.expected)) !== undefined) return false;
    const unhashedBytes = (of: TransferFile) => this.#running.get(of)?.unhashedBytes ?? of.partial.sizeBytes;
    const others = () => this.#files().flatMap((other) => (other === file ? [] : [unhashedBytes(other)]));
    const candidate = { bytes: file.partial.sizeBytes, others, threads: lanes.length };
    const hasInstructions = this.#options.hasShaInstructions ?? hasShaInstructions;
    return isHashedJointly(candidate) && !hasInstructions();
  }

  /** At work, or waiting for a place. */
  #files(): TransferFile[] {
    return [...this.#running.keys(), ...this.#waiting.map(({ file }) => file)];
  }

  /** Resolves when the file may take one of the `maxFiles` places, or has no need of it any more. */
  #turn(file: TransferFile): Promise<void> {
    return new Promise((resolve) => {
      const onAbort = () => this.#begin(waiting);
      const begin = () => {
        file.signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const waiting = { file, begin };
      this.#waiting.push(waiting);
      file.signal.addEventListener('abort', onAbort, { once: true });
      // All files of one call are known before the first begins: their number decides about threads.
      setImmediate(() => (file.signal.aborted || this.#closed.signal.aborted ? this.#begin(waiting) : this.#admit()));
    });
  }

  #admit(): void {
    if (this.#admitted === 0) this.#drained?.();
    while (this.#admitted < this.#options.maxFiles) {
      const [next] = this.#waiting;
      if (next === undefined) return;
      this.#begin(next);
    }
  }

  #begin(waiting: Waiting): void {
    const at = this.#waiting.indexOf(waiting);
    if (at < 0) return;
    this.#waiting.splice(at, 1);
    this.#admitted++;
    waiting.begin();
  }

  #isBulk(): boolean {
    return this.#files().reduce((sum, file) => sum + file.partial.sizeBytes, 0) > BULK_BYTES;
  }
}

function bufferBytes({ memoryBudgetBytes, connections }: TransferEngineOptions): number {
  return Math.max(MIN_BUFFER_BYTES, Math.min(MAX_BUFFER_BYTES, Math.floor(memoryBudgetBytes / (2 * connections))));
}
