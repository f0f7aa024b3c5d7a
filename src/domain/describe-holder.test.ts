import { describe, expect, it } from 'vitest';
import { describeHolder, remainingMs } from './describe-holder.ts';
import type { LockHolder } from './events.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const holder: LockHolder = { pid: 4121, host: 'gpu-7', bootId: 'b', since: new Date(START).toISOString(), doing: 'ensure x@1.0.0' };

describe('whom one waits for', () => {
  it('is told with percent and time left', () => {
    expect(describeHolder({ ...holder, doneBytes: 62, totalBytes: 100 }, START + 290_000)).toBe('pid 4121 on gpu-7 (62 %, 3 min left)');
    expect(describeHolder({ ...holder, doneBytes: 99, totalBytes: 100 }, START + 290_000)).toBe('pid 4121 on gpu-7 (99 %, 3 s left)');
  });

  it('is told without numbers before there are any', () => {
    expect(describeHolder(holder, START)).toBe('pid 4121 on gpu-7 (ensure x@1.0.0)');
    expect(describeHolder({ ...holder, doneBytes: 0, totalBytes: 0 }, START + 5000)).toBe('pid 4121 on gpu-7 (ensure x@1.0.0)');
  });

  it('has no time left while too little is known, or where clocks disagree', () => {
    expect(remainingMs({ ...holder, doneBytes: 1, totalBytes: 100 }, START + 100)).toBeUndefined();
    expect(remainingMs({ ...holder, doneBytes: 1, totalBytes: 100 }, START - 9000)).toBeUndefined();
    expect(describeHolder({ ...holder, doneBytes: 100, totalBytes: 100 }, START + 9000)).toBe('pid 4121 on gpu-7 (100 %)');
  });
});
