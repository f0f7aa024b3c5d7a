/** Files cast at the same time, one a thread, on as many cores as there are: memory does not grow with their size. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { cancelledError } from '../domain/cancelled.ts';
import { type Sha256, sha256Of } from '../domain/digest.ts';
import { ModelError } from '../domain/errors.ts';
import { fsError } from '../domain/fs-error.ts';
import { isThreadLimit } from '../util/thread-limit.ts';
import type { CastOrder, CastOutcome, Overflow } from './cast-file.ts';
import { type CastAnswer, type CastJob, JobCell } from './cast-protocol.ts';
import { runJob } from './run-job.ts';

/** A thread costs about 12 MB: more of them than this outrun any disk that one machine has. */
const MAX_THREADS = 6;
/** Below this a thread takes longer to start than the cast. */
const THREADS_PAY_BYTES = 16 * 1024 * 1024;
const PROGRESS_MS = 100;

export interface CastRequest extends CastOrder {
  /** Of the input, for messages. */
  readonly name: string;
  readonly signal: AbortSignal;
  /** Bytes written since the last call; at most 10 times a second. */
  readonly onWritten: (deltaBytes: number) => void;
}

/** In the published build the worker lies beside the chunk that this file became. */
const workerUrl = (): URL => new URL(import.meta.url.endsWith('.ts') ? './cast-worker.ts' : './cast-worker.js', import.meta.url);

export class CastThreads {
  readonly count = Math.min(MAX_THREADS, availableParallelism());
  readonly #threadsPayBytes: number;
  #idle: Worker[] = [];
  readonly #all = new Set<Worker>();

  constructor({ threadsPayBytes = THREADS_PAY_BYTES }: { readonly threadsPayBytes?: number } = {}) {
    this.#threadsPayBytes = threadsPayBytes;
  }

  /**
   * Call at most {@link count} at once. Settles only once no thread touches the output any more.
   * @returns the digest of what was written
   * @throws ModelError FORMAT_INVALID reason float_overflow, of the file system, CANCELLED
   */
  async cast({ name, signal, onWritten, ...order }: CastRequest): Promise<Sha256> {
    const cell = new JobCell();
    let toldBytes = 0;
    const tell = () => {
      const { doneBytes } = cell;
      if (doneBytes > toldBytes) onWritten(doneBytes - toldBytes);
      toldBytes = doneBytes;
    };
    const stop = () => cell.stop();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const timer = setInterval(tell, PROGRESS_MS);
    try {
      const sha256 = digestIn(await this.#answer({ order, cell: cell.buffer }), { name, signal, inputPath: order.inputPath });
      tell();
      return sha256;
    } finally {
      clearInterval(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((worker) => worker.terminate()));
  }

  async #answer(job: CastJob): Promise<CastAnswer> {
    if (job.order.plan.sizeBytes < this.#threadsPayBytes) return runJob(job);
    const worker = this.#idle.pop() ?? this.#start();
    const answer = await answerOf(worker, job);
    this.#idle.push(worker);
    return answer;
  }

  #start(): Worker {
    const worker = this.#make();
    this.#all.add(worker);
    worker.once('exit', () => this.#forget(worker));
    return worker;
  }

  #make(): Worker {
    try {
      return new Worker(workerUrl(), { name: `cast-${this.#all.size + 1}`, resourceLimits: { maxYoungGenerationSizeMb: 4 } });
    } catch (error) {
      throw isThreadLimit(error) ? noThreads(error) : error;
    }
  }

  /** One that has died answers no more: who gave it a job would wait for ever. */
  #forget(worker: Worker): void {
    this.#all.delete(worker);
    this.#idle = this.#idle.filter((other) => other !== worker);
  }
}

const noThreads = (cause: unknown): ModelError =>
  new ModelError('INTERNAL', 'no thread can be started to cast on', {
    reason: 'no_threads',
    hint: 'allow this user, or the container, more processes and threads (`ulimit -u`, `pids_limit`)',
    cause,
  });

function answerOf(worker: Worker, job: CastJob): Promise<CastAnswer> {
  return new Promise((resolve, reject) => {
    const onMessage = (answer: CastAnswer) => {
      worker.off('error', onError).off('exit', onExit);
      resolve(answer);
    };
    const onError = (error: unknown) => {
      worker.off('message', onMessage).off('exit', onExit);
      reject(new ModelError('INTERNAL', `a cast thread died: ${error instanceof Error ? error.message : String(error)}`, { cause: error }));
    };
    const onExit = (code: number) => onError(new Error(`it ended with ${code}`));
    worker.once('message', onMessage).once('error', onError).once('exit', onExit);
    worker.postMessage(job);
  });
}

interface Where {
  readonly name: string;
  readonly inputPath: string;
  readonly signal: AbortSignal;
}

function digestIn(answer: CastAnswer, { name, inputPath, signal }: Where): Sha256 {
  if ('fault' in answer) {
    const { message, errno } = answer.fault;
    throw fsError(Object.assign(new Error(message), { code: errno }), `cast ${name} from ${inputPath}`);
  }
  return digestOf(answer.outcome, name, signal);
}

function digestOf(outcome: CastOutcome, name: string, signal: AbortSignal): Sha256 {
  if ('overflow' in outcome) throw overflowed(name, outcome.overflow);
  if ('stopped' in outcome) throw cancelledError(signal, `casting ${name}`);
  return sha256Of(outcome.sha256);
}

/** Only fp16 reaches less far than what it is made from. */
const overflowed = (name: string, { tensor, index, value }: Overflow): ModelError =>
  new ModelError('FORMAT_INVALID', `${name}: element ${index} of tensor ${JSON.stringify(tensor)} is ${value}, and fp16 ends at 65504`, {
    reason: 'float_overflow',
    hint: 'take the bf16 variant: it reaches as far as the weights do',
    details: { file: name, tensor, index, value, largest: 65504 },
  });
