/** All lanes of an engine: the main thread's, and workers that are started when a job is big enough for them. */
import { availableParallelism } from 'node:os';
import type { ModelError } from '../domain/errors.ts';
import { isThreadLimit } from '../util/thread-limit.ts';
import { InlineLane, type Lane, type LaneEvents, WorkerLane } from './lane.ts';
import type { LaneEvent } from './lane-protocol.ts';

/** A worker costs about 12 MB and 50 ms: more of them than this outrun any disk that one machine has. */
const MAX_WORKERS = 6;

export interface LanePoolOptions {
  readonly limit: SharedArrayBuffer;
  readonly bufferBytes: number;
  /** 0: everything on the main thread. */
  readonly workers: number;
}

/** Who wants to hear of a range, a file or a job. */
export interface LaneListener {
  onLaneEvent(event: LaneEvent): void;
  onLaneDeath(error: ModelError): void;
}

export const defaultWorkers = (): number => Math.min(MAX_WORKERS, availableParallelism());

export class LanePool implements LaneEvents {
  readonly main: Lane;
  readonly #options: LanePoolOptions;
  #workers: Lane[] = [];
  /** Until one cannot be started: the machine, or the container, allows no more threads. What there are, or the main thread, do the work. */
  #mayStart = true;
  readonly #listeners = new Map<number, { readonly lane: Lane; readonly listener: LaneListener }>();
  readonly #dead = new Map<Lane, ModelError>();
  #nextId = 1;

  constructor(options: LanePoolOptions) {
    this.#options = options;
    this.main = new InlineLane(options, this);
  }

  /** Ids are unique over files, ranges and jobs of the pool. */
  nextId(): number {
    return this.#nextId++;
  }

  /** Lanes for bulk work; starts the workers at the first call. */
  bulk(): readonly Lane[] {
    while (this.#mayStart && this.#workers.length < this.#options.workers) this.#start();
    return this.#workers.length > 0 ? this.#workers : [this.main];
  }

  /** Of a lane that has died, perhaps while nobody listened, its death is told at once: nothing else would ever come. */
  listen(id: number, lane: Lane, listener: LaneListener): void {
    this.#listeners.set(id, { lane, listener });
    const death = this.#dead.get(lane);
    if (death !== undefined) queueMicrotask(() => this.#listeners.get(id)?.listener.onLaneDeath(death));
  }

  unlisten(id: number): void {
    this.#listeners.delete(id);
  }

  onEvent(event: LaneEvent): void {
    const id = 'rangeId' in event ? event.rangeId : 'fileId' in event ? event.fileId : event.jobId;
    this.#listeners.get(id)?.listener.onLaneEvent(event);
  }

  onDeath(lane: Lane, error: ModelError): void {
    this.#workers = this.#workers.filter((worker) => worker !== lane);
    this.#dead.set(lane, error);
    for (const { lane: on, listener } of [...this.#listeners.values()]) if (on === lane) listener.onLaneDeath(error);
  }

  #start(): void {
    const name = `transfer-${this.#workers.length + 1}`;
    try {
      this.#workers.push(new WorkerLane({ ...this.#options, name }, this));
    } catch (error) {
      if (!isThreadLimit(error)) throw error;
      this.#mayStart = false;
    }
  }

  async close(): Promise<void> {
    const workers = this.#workers;
    this.#workers = [];
    await Promise.all([this.main, ...workers].map((lane) => lane.close()));
  }
}
