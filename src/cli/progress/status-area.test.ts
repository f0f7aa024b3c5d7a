import { describe, expect, it } from 'vitest';
import type { TextStream } from '../io.ts';
import { StatusArea } from './status-area.ts';

function area(columns = 80): { area: StatusArea; stream: TextStream & { columns: number }; written(): string } {
  const texts: string[] = [];
  const stream = { isTTY: true, columns, rows: 24, write: (text: string) => texts.push(text) };
  return { area: new StatusArea(() => stream), stream, written: () => texts.splice(0).join('') };
}

describe('StatusArea', () => {
  it('draws in place: back to its first line, clear, draw', () => {
    const { area: status, written } = area();
    status.draw(['one', 'two']);
    expect(written()).toBe('\x1b[?25lone\ntwo');
    status.draw(['three']);
    expect(written()).toBe('\x1b[1A\r\x1b[Jthree');
    status.clear();
    expect(written()).toBe('\r\x1b[J\x1b[?25h');
  });

  it('lets permanent lines go by above', () => {
    const { area: status, written } = area();
    status.draw(['bar']);
    written();
    status.line('a warning');
    expect(written()).toBe('\r\x1b[Ja warning\nbar');
  });

  it('writes plain lines, and clears nothing, where nothing is drawn', () => {
    const { area: status, written } = area();
    status.line('plain');
    status.clear();
    expect(written()).toBe('plain\n');
  });

  it('goes back over the rows that a narrower terminal has made of its lines', () => {
    const { area: status, stream, written } = area(40);
    status.draw(['x'.repeat(35), 'y']);
    written();
    stream.columns = 20;
    status.draw(['z']);
    expect(written()).toBe('\x1b[2A\r\x1b[Jz');
  });
});
