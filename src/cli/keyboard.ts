/** Asks a person at a terminal, without showing what is typed. Never the command line: other processes can see it. */
import { ModelError } from '../domain/errors.ts';
import type { Io } from './io.ts';

/** More than any token. */
const LIMIT_CHARACTERS = 16 * 1024;
const CTRL_C = '\x03';
const ENDS = ['\r', '\n', '\x04'];
const ERASES = ['\x7f', '\b'];

export class Keyboard {
  readonly #io: Pick<Io, 'stdin' | 'stderr'>;
  readonly #parts: AsyncGenerator<string, void>;
  /** Typed ahead: the answer to a next question. */
  #ahead: string[] = [];

  /** The terminal is in raw mode until `close`. */
  constructor(io: Pick<Io, 'stdin' | 'stderr'>, signal: AbortSignal) {
    this.#io = io;
    io.stdin.setRawMode(true);
    this.#parts = io.stdin.text(signal);
  }

  /** @returns '' at the end of input @throws ModelError CANCELLED on Ctrl-C */
  async ask(label: string): Promise<string> {
    this.#io.stderr.write(`${label}: `);
    try {
      return await this.#line();
    } finally {
      this.#io.stderr.write('\n');
    }
  }

  async close(): Promise<void> {
    this.#io.stdin.setRawMode(false);
    await this.#parts.return();
  }

  async #line(): Promise<string> {
    let line = '';
    for (let key = await this.#key(); key !== undefined && !ENDS.includes(key); key = await this.#key()) {
      if (key === CTRL_C) throw new ModelError('CANCELLED', 'stopped while asking', { hint: 'nothing was changed' });
      if (ERASES.includes(key)) line = line.slice(0, -1);
      else if (key >= ' ' && line.length < LIMIT_CHARACTERS) line += key;
    }
    return line.trim();
  }

  async #key(): Promise<string | undefined> {
    while (this.#ahead.length === 0) {
      const part = await this.#parts.next();
      if (part.done === true) return undefined;
      this.#ahead = [...part.value];
    }
    return this.#ahead.shift();
  }
}
