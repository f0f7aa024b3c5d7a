import { describe, expect, it } from 'vitest';
import type { EventBody, ModelEvent } from '../../domain/events.ts';
import { type ModelProgress, progressState } from '../../observability/progress.ts';
import { displayWidth } from '../render/display-width.ts';
import type { Screen } from '../render/screen.ts';
import { frame } from './frame.ts';

const START = Date.parse('2026-11-22T10:00:00.000Z');
const MIB = 2 ** 20;
const screen = (columns: number, rows = 24, unicode = true): Screen => ({ columns, rows, color: false, unicode });

/** One event a second. */
function models(...said: readonly (readonly [model: string, ...bodies: EventBody[]])[]): readonly ModelProgress[] {
  const events = said.flatMap(([model, ...bodies]) =>
    bodies.map(
      (body, at): ModelEvent => ({ time: new Date(START + at * 1000).toISOString(), seq: at, correlationId: 'c', model, ...body }),
    ),
  );
  return [...progressState(events).values()];
}

const transferring = (model: string, files = 2) =>
  [
    model,
    { type: 'ensure.started', fileCount: files, totalBytes: 100 * MIB },
    { type: 'ensure.planned', totalBytes: 100 * MIB, heldBytes: 20 * MIB, fetchBytes: 80 * MIB },
    { type: 'ensure.phase', phase: 'transferring' },
    { type: 'ensure.progress', doneBytes: 40 * MIB, totalBytes: 100 * MIB, bytesPerSecond: 0 },
    { type: 'ensure.progress', doneBytes: 50 * MIB, totalBytes: 100 * MIB, bytesPerSecond: 0 },
    ...Array.from(
      { length: files },
      (_, n): EventBody => ({
        type: 'file.started',
        file: `unet/model-${n}.safetensors`,
        sizeBytes: 50 * MIB,
        heldBytes: 25 * MIB,
        source: 's',
      }),
    ),
  ] as const satisfies readonly [string, ...EventBody[]];

describe('frame', () => {
  it('shows bar, percent, speed, time left and sizes, and the files beneath', () => {
    expect(frame(screen(100), models(transferring('t2v-A14B@2.2.0')), START + 5000)).toEqual([
      '● t2v-A14B@2.2.0 █████████████▌░░░░░░░░░░░░░  50 %  10.0 MiB/s  5.0 s left  50.0 MiB/100 MiB',
      '    unet/model-0.safetensors  50 %  25.0 MiB/50.0 MiB',
      '    unet/model-1.safetensors  50 %  25.0 MiB/50.0 MiB',
    ]);
  });

  it.each([80, 100, 140])('keeps the bar as wide as it is on %i columns, whatever is said behind it', (columns) => {
    const said = transferring('t2v-A14B@2.2.0');
    const barAfter = (count: number): string | undefined =>
      frame(screen(columns), models([said[0], ...(said.slice(1, 1 + count) as EventBody[])]), START + 5000)[0]?.match(/[█-▏░]+/)?.[0];
    const widths = [2, 3, 4, 5].map((count) => barAfter(count)?.length);
    expect(new Set(widths).size).toBe(1);
    expect(widths[0]).toBeGreaterThanOrEqual(10);
  });

  it('keeps to ASCII where the terminal has no more', () => {
    const [line = ''] = frame(screen(100, 24, false), models(transferring('a@1.0.0')), START + 5000);
    expect(line).toContain('~ a@1.0.0 [##############--------------]  50 %');
  });

  it.each([100, 60, 40, 30, 20])('never fills a line of %i columns, and always tells the percent', (columns) => {
    const lines = frame(
      screen(columns),
      models(transferring('a-model-with-quite-a-long-name@12.0.0'), transferring('b@1.0.0')),
      START + 5000,
    );
    for (const line of lines) expect(displayWidth(line)).toBeLessThan(columns);
    expect(lines.filter((line) => line.includes('50 %'))).toHaveLength(lines.length);
  });

  it('never has more lines than the terminal has rows, less one', () => {
    const many = models(...Array.from({ length: 12 }, (_, n) => transferring(`m${n}@1.0.0`, 9)));
    for (const rows of [2, 5, 12, 13, 24]) expect(frame(screen(80, rows), many, START).length).toBeLessThan(rows);
  });

  it('says of bytes that are only read what they are read for, how fast, and how long still', () => {
    const read = (type: 'verify.progress' | 'lock.progress', doneMib: number): EventBody => ({
      type,
      doneBytes: doneMib * MIB,
      totalBytes: 100 * MIB,
    });
    const lines = frame(
      screen(120),
      models(
        ['v@1.0.0', read('verify.progress', 40), read('verify.progress', 50)],
        ['l@1.0.0', read('lock.progress', 40), read('lock.progress', 50)],
      ),
      START + 1000,
    );
    expect(lines[0]).toMatch(/ 50 % {2}verifying {2}10\.0 MiB\/s {2}5\.0 s left {2}50\.0 MiB\/100 MiB$/);
    expect(lines[1]).toMatch(/ 50 % {2}reading {2}10\.0 MiB\/s {2}5\.0 s left {2}50\.0 MiB\/100 MiB$/);
  });

  it('says no sizes as long as none is known', () => {
    const [line] = frame(screen(100), models(['n@1.0.0', { type: 'ensure.started', fileCount: 0, totalBytes: 0 }]), START);
    expect(line).toMatch(/ 0 % {2}planning$/);
  });

  it('says who is waited for, what failed, and what is done', () => {
    const holder = {
      pid: 4121,
      host: 'gpu-7',
      bootId: 'b',
      since: new Date(START - 60_000).toISOString(),
      doing: 'ensure x',
      doneBytes: 25,
      totalBytes: 100,
    };
    const lines = frame(
      screen(100),
      models(
        ['w@1.0.0', { type: 'ensure.phase', phase: 'waiting' }, { type: 'lock.waiting', lock: 'model', holder, waitedMs: 1 }],
        ['f@1.0.0', { type: 'ensure.failed', error: { code: 'NO_SPACE', message: 'm', hint: 'h', retryable: false } }],
        [
          'd@1.0.0',
          { type: 'ensure.started', fileCount: 1, totalBytes: MIB },
          { type: 'ensure.finished', path: '/m', fetchedBytes: 1, durationMs: 1, proof: 'manifest-sha256' },
        ],
      ),
      START,
    );
    expect(lines[0]).toMatch(/^○ w@1\.0\.0 .* 0 % {2}waiting for pid 4121 on gpu-7 \(25 %, 4 min left\)$/);
    expect(lines[1]).toMatch(/^✖ f@1\.0\.0 .* NO_SPACE$/);
    expect(lines[2]).toMatch(/^✔ d@1\.0\.0 █+ 100 % {2}1\.0 MiB$/);
  });
});
