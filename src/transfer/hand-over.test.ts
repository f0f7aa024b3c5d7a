import { describe, expect, it } from 'vitest';
import { chooseHandOver, type HandOverCandidate, type HandOverLimits } from './hand-over.ts';

const MB = 1024 * 1024;
const range = (change: Partial<HandOverCandidate> = {}): HandOverCandidate => ({
  accepted: true,
  flowingMs: 10_000,
  idleMs: 0,
  bytesPerSecond: 5 * MB,
  remainingBytes: 4 * MB,
  isStarved: false,
  ...change,
});
const limits = (change: Partial<HandOverLimits> = {}): HandOverLimits => ({
  stallTimeoutMs: 60_000,
  pieceBytes: 4 * MB,
  otherBytesPerSecond: 5 * MB,
  isWaitedFor: true,
  wasSilent: false,
  firstByteMs: undefined,
  ...change,
});

describe('a range is handed over', () => {
  it('after two seconds of silence in its body, four before its answer', () => {
    const [moving, silent, late, lost] = [
      range({ idleMs: 1900 }),
      range({ idleMs: 2000 }),
      range({ accepted: false, idleMs: 3900 }),
      range({ accepted: false, idleMs: 4000 }),
    ];
    expect(chooseHandOver([moving, silent, late, lost], limits()).silent).toEqual([silent, lost]);
    expect(chooseHandOver([late], limits({ wasSilent: true })).silent).toEqual([late]);
  });

  it('sooner before its answer where the source was seen to answer quickly', () => {
    const late = range({ accepted: false, idleMs: 2000 });
    expect(chooseHandOver([late], limits({ firstByteMs: 100 })).silent).toEqual([late]);
    expect(chooseHandOver([late], limits({ firstByteMs: 300 })).silent).toEqual([]);
    expect(chooseHandOver([range({ accepted: false, idleMs: 4000 })], limits({ firstByteMs: 1000 })).silent).toHaveLength(1);
  });

  it('not while the thread that reads it has no time', () => {
    expect(chooseHandOver([range({ idleMs: 9000, isStarved: true })], limits()).silent).toEqual([]);
  });

  it('when it lags far behind and the others wait for it', () => {
    const slow = range({ bytesPerSecond: 0.1 * MB });
    expect(chooseHandOver([slow], limits()).lagging).toEqual([slow]);
    expect(chooseHandOver([slow], limits({ isWaitedFor: false })).lagging).toEqual([]);
    expect(chooseHandOver([range({ bytesPerSecond: 0.1 * MB, flowingMs: 500 })], limits()).lagging).toEqual([]);
    expect(chooseHandOver([range({ bytesPerSecond: 2 * MB })], limits()).lagging).toEqual([]);
  });
});
