/** The last lines of a terminal, drawn again and again in place, with permanent lines going by above them. */

import type { TextStream } from '../io.ts';
import { displayWidth } from '../render/display-width.ts';

const HIDE_CURSOR = '\x1b[?25l';
export const SHOW_CURSOR = '\x1b[?25h';
const CLEAR_DOWN = '\r\x1b[J';

export class StatusArea {
  readonly #streamOf: () => TextStream;
  #drawn: readonly string[] = [];

  /** @param streamOf called when there is something to write */
  constructor(streamOf: () => TextStream) {
    this.#streamOf = streamOf;
  }

  /** Where nothing is drawn, a plain line. */
  line(text: string): void {
    this.#streamOf().write(`${this.#erase()}${text}\n${this.#paint(this.#drawn)}`);
  }

  /** Every line fits the width of the terminal; the cursor is hidden until {@link clear}. */
  draw(lines: readonly string[]): void {
    const hide = this.#drawn.length === 0 ? HIDE_CURSOR : '';
    this.#streamOf().write(`${hide}${this.#erase()}${this.#paint(lines)}`);
    this.#drawn = lines;
  }

  clear(): void {
    if (this.#drawn.length === 0) return;
    this.#streamOf().write(this.#erase() + SHOW_CURSOR);
    this.#drawn = [];
  }

  /** The cursor rests at the end of the last drawn line. Lines that a narrower terminal has wrapped take more than one row. */
  #erase(): string {
    if (this.#drawn.length === 0) return '';
    const columns = this.#streamOf().columns || 80;
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(displayWidth(line) / columns)), 0);
    return (rows > 1 ? `\x1b[${rows - 1}A` : '') + CLEAR_DOWN;
  }

  #paint(lines: readonly string[]): string {
    return lines.join('\n');
  }
}
