/** wan_smoke.py in a process group of its own: what it says, what it is told, and its certain end. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { parseEvent, type SmokeEvent } from './smoke-events.ts';

/** Beside this file, and beside the chunk that the build makes of it. */
const SCRIPT = fileURLToPath(new URL('./wan_smoke.py', import.meta.url));
/** Of what it prints, as much as explains a failure. */
const MAX_TAIL = 16_384;

export interface PythonEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It could not be started. */
  readonly spawnError?: Error;
}

export class PythonProcess implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<PythonEnd>;
  #tail = '';
  /** Its number may be another's by now. */
  #isGone = false;

  /** @param env its whole environment @throws what some systems tell at once: an argument that is none, too large an environment */
  constructor(python: string, env: Readonly<Record<string, string | undefined>>) {
    this.#child = spawn(python, [SCRIPT], { env, stdio: ['pipe', 'pipe', 'pipe'], detached: process.platform !== 'win32' });
    this.#ended = endOf(this.#child);
    // What it started would hold its streams open after it.
    this.#child.once('exit', () => {
      this.kill();
      this.#isGone = true;
    });
    // It may end before it has read what it is told: how it ended says more.
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#tail = (this.#tail + text).slice(-MAX_TAIL);
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The last that it printed on standard error. */
  get tail(): string {
    return this.#tail;
  }

  /** Undefined once it will say nothing more. */
  async next(): Promise<SmokeEvent | undefined> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) return undefined;
      const event = parseEvent(value);
      if (event !== undefined) return event;
      this.#tail = `${this.#tail}${value}\n`.slice(-MAX_TAIL);
    }
  }

  send(job: object): void {
    this.#child.stdin.write(`${JSON.stringify(job)}\n`);
  }

  ended(): Promise<PythonEnd> {
    return this.#ended;
  }

  /** The whole group, at once: there is nothing in it to be saved. */
  kill(): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#isGone) return;
    try {
      if (process.platform === 'win32') this.#child.kill();
      else process.kill(-pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.#ended;
  }
}

async function endOf(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<PythonEnd> {
  try {
    const [exitCode, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return { exitCode, signal };
  } catch (error) {
    return { exitCode: null, signal: null, spawnError: error as Error };
  }
}
