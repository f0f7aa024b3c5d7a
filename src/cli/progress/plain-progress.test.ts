import { describe, expect, it } from 'vitest';
import type { EventBody, ModelEvent } from '../../domain/events.ts';
import { plainProgress } from './plain-progress.ts';

const START = Date.parse('2026-11-22T10:00:00.000Z');
const MIB = 2 ** 20;

function linesOf(...said: readonly (readonly [second: number, body: EventBody])[]): readonly string[] {
  const lines: string[] = [];
  const display = plainProgress((text) => lines.push(text));
  for (const [second, body] of said) {
    const event: ModelEvent = {
      time: new Date(START + second * 1000).toISOString(),
      seq: 1,
      correlationId: 'c',
      model: 'a@1.0.0',
      ...body,
    };
    display.sink(event);
  }
  return lines;
}

const progress = (doneMib: number): EventBody => ({
  type: 'ensure.progress',
  doneBytes: doneMib * MIB,
  totalBytes: 100 * MIB,
  bytesPerSecond: 0,
});

describe('plainProgress', () => {
  it('says a line at the start, every 10 s, and at the end', () => {
    const steps = Array.from({ length: 250 }, (_, tenth) => [tenth / 10, progress(tenth * 0.2)] as const);
    expect(
      linesOf([0, { type: 'ensure.planned', totalBytes: 100 * MIB, heldBytes: 0, fetchBytes: 100 * MIB }], ...steps, [
        26,
        { type: 'ensure.finished', path: '/m', fetchedBytes: 100 * MIB, durationMs: 26_000, proof: 'manifest-sha256' },
      ]),
    ).toEqual([
      'a@1.0.0: 100 MiB, 0 B here, 100 MiB to fetch',
      'a@1.0.0: 20 % (20.0 MiB of 100 MiB), 2.0 MiB/s, 40 s left',
      'a@1.0.0: 40 % (40.0 MiB of 100 MiB), 2.0 MiB/s, 30 s left',
      'a@1.0.0: complete in 26 s, 100 MiB fetched, manifest-sha256',
    ]);
  });

  it('says who is waited for and which source failed', () => {
    const holder = { pid: 4121, host: 'gpu-7', bootId: 'b', since: new Date(START).toISOString(), doing: 'ensure a@1.0.0' };
    expect(
      linesOf(
        [1, { type: 'lock.waiting', lock: 'model', holder, waitedMs: 1000 }],
        [
          2,
          {
            type: 'source.failed',
            source: 'https://one.example',
            error: { code: 'NETWORK_TIMEOUT', message: 'no answer', hint: '', retryable: true },
          },
        ],
        [3, { type: 'ensure.failed', error: { code: 'SOURCE_UNAVAILABLE', message: 'all failed', hint: '', retryable: true } }],
      ),
    ).toEqual([
      'a@1.0.0: waiting for pid 4121 on gpu-7 (ensure a@1.0.0)',
      'a@1.0.0: https://one.example failed: NETWORK_TIMEOUT no answer',
      'a@1.0.0: failed: SOURCE_UNAVAILABLE',
    ]);
  });
});
