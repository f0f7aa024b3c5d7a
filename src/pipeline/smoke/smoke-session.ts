/** One Python, from its first word to its last, within limits of time and memory, and gone at the end. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SECRET_NAMES } from '../../config/secrets.ts';
import { cancelledError } from '../../domain/cancelled.ts';
import type { ModelError } from '../../domain/errors.ts';
import { fsError } from '../../domain/fs-error.ts';
import type { SmokePython } from '../../domain/smoke.ts';
import { type MemoryWatch, watchMemory } from './memory-watch.ts';
import { PythonProcess } from './python-process.ts';
import { endError, failureError, overMemory, overTime, pythonMissing } from './smoke-errors.ts';
import type { SmokeEvent, StageEvent } from './smoke-events.ts';

export interface SmokeLimits {
  readonly timeoutMs: number;
  /** Of memory that the kernel cannot take back; undefined: none. */
  readonly memoryBytes: number | undefined;
}

export interface SmokeSessionOptions extends SmokeLimits {
  readonly python: SmokePython;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
}

export class SmokeSession implements AsyncDisposable {
  readonly #options: SmokeSessionOptions;
  readonly #folder: string;
  readonly #process: PythonProcess;
  readonly #memory: MemoryWatch;
  #stopped: ModelError | undefined;
  #timer: NodeJS.Timeout | undefined;
  #leftMs: number;
  #stage = 'starting Python';

  /** @param folder for whatever is written on the way; removed at the end */
  private constructor(folder: string, options: SmokeSessionOptions) {
    this.#options = options;
    this.#folder = folder;
    this.#leftMs = options.timeoutMs;
    this.#process = new PythonProcess(options.python.command, environment(options.env, folder));
    const { memoryBytes, signal } = options;
    this.#memory = watchMemory(this.#process.pid ?? 0, memoryBytes, (found) =>
      this.#stop(overMemory(found, memoryBytes ?? 0, this.#stage)),
    );
    signal?.addEventListener('abort', this.#cancel, { once: true });
    if (signal?.aborted) this.#cancel();
  }

  static async start(options: SmokeSessionOptions): Promise<SmokeSession> {
    const folder = await makeFolder();
    try {
      return new SmokeSession(folder, options);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw pythonMissing(options.python, error as Error);
    }
  }

  /** What it is doing, in words. */
  get stage(): string {
    return this.#stage;
  }

  get memoryPeakBytes(): number | undefined {
    return this.#memory.peakBytes();
  }

  send(job: object): void {
    this.#process.send(job);
  }

  /**
   * What it says next; its time runs only while it is waited for.
   * @throws ModelError of whatever ended it, its own failure among it
   */
  async next(): Promise<SmokeEvent> {
    const begun = performance.now();
    this.#timer = setTimeout(() => this.#stop(overTime(this.#options.timeoutMs, this.#stage)), Math.max(0, this.#leftMs));
    try {
      const event = await this.#process.next();
      if (this.#stopped !== undefined) throw this.#stopped;
      if (event === undefined) throw await this.#unexpectedEnd();
      if (event.event === 'failed') throw failureError(event, this.#options.python);
      if (event.event === 'stage') this.#stage = describeStage(event);
      return event;
    } finally {
      clearTimeout(this.#timer);
      this.#leftMs -= performance.now() - begun;
    }
  }

  async #unexpectedEnd(): Promise<ModelError> {
    const end = await this.#process.ended();
    if (end.spawnError !== undefined) return pythonMissing(this.#options.python, end.spawnError);
    return endError(end, this.#process.tail, this.#stage);
  }

  readonly #cancel = (): void => {
    const { signal } = this.#options;
    if (signal !== undefined) this.#stop(cancelledError(signal, this.#stage));
  };

  #stop(error: ModelError): void {
    this.#stopped ??= error;
    this.#process.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    this.#memory.stop();
    this.#options.signal?.removeEventListener('abort', this.#cancel);
    await this.#process[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function makeFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'wan-smoke-'));
  } catch (error) {
    throw fsError(error, `make a folder in ${tmpdir()}`);
  }
}

/** As what a person would be told that it does. */
function describeStage({ stage, component, mode }: StageEvent): string {
  switch (stage) {
    case 'loading':
      return `loading ${component ?? 'the model'}`;
    case 'checking':
      return 'looking at every weight';
    case 'assembling':
      return 'assembling the pipeline';
    case 'denoising':
      return `making a clip (${mode})`;
  }
}

/** Where libraries write otherwise: by their own variable, or where the user's caches are. */
const CACHES = ['TMPDIR', 'HF_HOME', 'XDG_CACHE_HOME', 'TORCH_HOME', 'TRITON_CACHE_DIR', 'TORCHINDUCTOR_CACHE_DIR', 'CUDA_CACHE_PATH'];
/** They would win over HF_HOME. */
const OTHER_CACHES = /^(?:HF|HUGGINGFACE|TRANSFORMERS|PYTORCH|DIFFUSERS)_.*CACHE$/;
/** Credentials are for what fetches; here nothing is. */
const SECRETS: ReadonlySet<string> = new Set(SECRET_NAMES);

/** Offline, and with caches that go with the folder: what is tested is the directory, and nothing is to be left behind. */
const environment = (env: SmokeSessionOptions['env'], folder: string): Record<string, string | undefined> => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => !SECRETS.has(name) && !OTHER_CACHES.test(name))),
  ...Object.fromEntries(CACHES.map((name) => [name, folder])),
  WAN_SMOKE_FOLDER: folder,
  HF_HUB_OFFLINE: '1',
  HF_HUB_DISABLE_TELEMETRY: '1',
  PYTHONUNBUFFERED: '1',
  PYTHONDONTWRITEBYTECODE: '1',
});
