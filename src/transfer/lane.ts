/** A lane as the engine sees it: somewhere to send commands to, whose events come back. */
import { Worker } from 'node:worker_threads';
import { ModelError } from '../domain/errors.ts';
import { LaneHost, type LaneSetup, type OpenBackend } from './lane-host.ts';
import { LaneLoad } from './lane-load.ts';
import type { LaneCommand, LaneEvent } from './lane-protocol.ts';

export interface Lane {
  readonly name: string;
  readonly load: LaneLoad;
  post(command: LaneCommand, open?: OpenBackend): void;
  close(): Promise<void>;
}

/** All but the load, which each lane has of its own. */
export type LaneSize = Omit<LaneSetup, 'load'>;

export interface LaneEvents {
  onEvent(event: LaneEvent): void;
  /** The thread has died: nothing that it was doing will end by itself. */
  onDeath(lane: Lane, error: ModelError): void;
}

/** The main thread. Events come after the call that caused them has returned, as from a worker. */
export class InlineLane implements Lane {
  readonly name = 'main';
  readonly load = new LaneLoad();
  readonly #host: LaneHost;

  constructor(setup: LaneSize, events: LaneEvents) {
    this.#host = new LaneHost({ ...setup, load: this.load.buffer }, (event) => queueMicrotask(() => events.onEvent(event)));
  }

  post(command: LaneCommand, open?: OpenBackend): void {
    this.#host.handle(command, open);
  }

  close(): Promise<void> {
    this.#host.close();
    return Promise.resolve();
  }
}

/** In the published build the worker lies beside the chunk that this file became. */
const workerUrl = (): URL => new URL(import.meta.url.endsWith('.ts') ? './transfer-worker.ts' : './transfer-worker.js', import.meta.url);

export class WorkerLane implements Lane {
  readonly name: string;
  readonly load = new LaneLoad();
  readonly #worker: Worker;
  #closed = false;

  constructor(setup: LaneSize & { readonly name: string }, events: LaneEvents) {
    this.name = setup.name;
    this.#worker = new Worker(workerUrl(), {
      name: setup.name,
      workerData: { limit: setup.limit, bufferBytes: setup.bufferBytes, load: this.load.buffer } satisfies LaneSetup,
      resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 },
    });
    this.#worker.unref();
    this.#worker.on('message', (event: LaneEvent) => events.onEvent(event));
    this.#worker.on('error', (error) => events.onDeath(this, died(error)));
    // Whatever it was to tell, somebody waits for it.
    this.#worker.on('messageerror', (error) => events.onDeath(this, died(error)));
    this.#worker.on('exit', (code) => {
      if (!this.#closed) events.onDeath(this, died(new Error(`exit code ${code}`)));
    });
  }

  post(command: LaneCommand): void {
    this.#worker.postMessage(command);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker.terminate();
  }
}

const died = (cause: unknown): ModelError => {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new ModelError('INTERNAL', `a transfer thread has stopped: ${message}`, { cause });
};
