/** The thread on which the service runs, as the main thread has it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { ErrorDocument } from '../../domain/errors.ts';
import type { LogRecord } from '../../observability/log-record.ts';
import { newPulse, PulseWatch } from '../../util/heartbeat.ts';
import { PortSocket } from '../../util/port-socket.ts';
import { within } from '../../util/within.ts';
import type { About, FromThread, KnownName, ThreadData, ToThread } from './protocol.ts';
import { revived } from './revived-error.ts';

export interface ServiceThreadOptions extends Omit<ThreadData, 'pulse'> {
  /** Of what the service has to say. */
  readonly onLog: (record: LogRecord) => void;
  /** Several times a second. */
  readonly onTick: () => void;
}

export interface Ready {
  readonly about: About;
  readonly models: readonly KnownName[];
}

/** What goes on beside requests, jobs and webhooks, has so long to put down what it holds. */
const END_MS = 15_000;
/** A thread that gives no sign of life for so long is not waited for. */
const SILENT_MS = 2000;
const LOOK_MS = 100;

/** In the published build the worker lies beside the chunk that this file became. */
const workerUrl = (): URL => new URL(import.meta.url.endsWith('.ts') ? './service-worker.ts' : './service-worker.js', import.meta.url);

export class ServiceThread {
  /** @throws ModelError where it cannot start */
  readonly ready: Promise<Ready>;
  /** @throws ModelError of what it could not do, at its start, in its work or at its end */
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  readonly #pulse: PulseWatch;
  #isOver = false;

  constructor({ onLog, onTick, input, version }: ServiceThreadOptions) {
    const pulse = newPulse();
    const worker = new Worker(workerUrl(), { name: 'service', workerData: { input, version, pulse } satisfies ThreadData });
    const [ready, ended] = [Promise.withResolvers<Ready>(), Promise.withResolvers<void>()];
    worker.on('message', (message: FromThread) => {
      if (message.type === 'log') onLog(JSON.parse(message.line) as LogRecord);
      else if (message.type === 'ready') ready.resolve(message);
      else if (message.type === 'failed') ended.reject(revived(JSON.parse(message.error) as ErrorDocument));
      else void worker.terminate();
    });
    worker.once('error', (error) => ended.reject(error));
    worker.once('exit', () => ended.resolve());
    ended.promise.then(
      () => ready.reject(new Error('the thread of the service ended before it was ready')),
      (error: unknown) => ready.reject(error),
    );
    ready.promise.catch(() => undefined);
    this.#worker = worker;
    this.#pulse = new PulseWatch(pulse, onTick);
    [this.ready, this.ended] = [ready.promise, ended.promise];
  }

  /** For how long it has given no sign of life. */
  get silentMs(): number {
    return this.#pulse.silentMs;
  }

  /** @param remoteAddress whose requests come that way */
  connect(remoteAddress: string | undefined): PortSocket {
    const { port1, port2 } = new MessageChannel();
    this.#worker.postMessage({ type: 'connect', port: port2, remoteAddress } satisfies ToThread, [port2]);
    return new PortSocket(port1);
  }

  tell(message: Exclude<ToThread, { type: 'connect' }>): void {
    this.#worker.postMessage(message);
  }

  /** To be called when no request is under way any more. @returns false where it does not end: it hangs, or what it does takes too long */
  async end(): Promise<boolean> {
    this.tell({ type: 'end' });
    const ended = this.ended.then(ANYHOW, ANYHOW);
    const late = within(END_MS, ended).then(({ inTime }) => inTime);
    const isEnded = await Promise.race([ended, late, this.#silence()]);
    this.#isOver = true;
    this.#pulse.close();
    return isEnded;
  }

  async #silence(): Promise<false> {
    while (this.silentMs < SILENT_MS && !this.#isOver) await sleep(LOOK_MS, undefined, { ref: false });
    return false;
  }
}

const ANYHOW = (): true => true;
