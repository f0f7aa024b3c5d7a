import type { LogLevel, LogRecord } from './log-record.ts';
import { isLogged } from './log-writer.ts';

export type TailLine = LogRecord & {
  /** From 1, without a gap. */
  readonly seq: number;
};

const KEPT = 2000;

/** The last lines of this process's log, for who cannot see where they are written: a bounded number, gone with the process. */
export class LogTail {
  readonly #lines: TailLine[] = [];
  #seq = 0;

  add(record: LogRecord): void {
    this.#lines.push({ ...record, seq: ++this.#seq });
    if (this.#lines.length > KEPT) this.#lines.shift();
  }

  /** Newest first. @param level the least severe one that is wanted */
  backwards(level: LogLevel): TailLine[] {
    return this.#lines.filter((line) => isLogged(line, level)).reverse();
  }
}
