import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExtentRequest, nextExtent, planExtents, stealExtent } from './extent-plan.ts';

const MB = 1024 * 1024;

const request = (held: string, change: Partial<ExtentRequest> = {}): ExtentRequest => ({
  pieces: { count: held.length, isHeld: (piece) => held[piece] === '#' },
  pieceBytes: 4 * MB,
  sizeBytes: held.length * 4 * MB - MB,
  active: [],
  lanes: 1,
  windowBytes: 64 * MB,
  minBytes: 8 * MB,
  ...change,
});

describe('planExtents', () => {
  it('lists the runs that are neither held nor fetched', () => {
    const active = [{ offset: 5 * 4 * MB + 100, end: 6 * 4 * MB }];
    expect(planExtents(request('#..#....', { active }))).toEqual([
      { offset: 4 * MB, end: 12 * MB },
      { offset: 16 * MB, end: 20 * MB },
      { offset: 24 * MB, end: 31 * MB },
    ]);
  });

  it('covers every missing piece once, whatever is held and running', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }), fc.nat(59), fc.nat(20), (held, from, length) => {
        const text = held.map((is) => (is ? '#' : '.')).join('');
        const base = request(text);
        const active = [{ offset: Math.min(from * 4 * MB, base.sizeBytes), end: Math.min((from + length) * 4 * MB, base.sizeBytes) }];
        const covered = new Set<number>();
        for (const run of planExtents({ ...base, active }))
          for (let at = run.offset; at < run.end; at += base.pieceBytes) covered.add(at / base.pieceBytes);
        const expected = [...held.keys()].filter((piece) => !held[piece] && !(piece >= from && piece < from + length));
        expect([...covered]).toEqual(expected);
      }),
    );
  });
});

describe('nextExtent', () => {
  it('gives a lone range the whole run, and ranges beside others a share near the start', () => {
    const empty = '.'.repeat(100);
    expect(nextExtent(request(empty))).toEqual({ offset: 0, end: 399 * MB });
    expect(nextExtent(request(empty, { lanes: 2 }))).toEqual({ offset: 0, end: 64 * MB });
    expect(nextExtent(request(empty, { lanes: 8 }))).toEqual({ offset: 0, end: 28 * MB });
    expect(nextExtent(request('####'))).toBeUndefined();
  });
});

describe('stealExtent', () => {
  it('takes the tail of the range that has most to do', () => {
    const active = [
      { offset: 0, end: 8 * MB },
      { offset: 8 * MB, end: 399 * MB },
    ];
    expect(stealExtent(request('.'.repeat(100), { active, lanes: 3 }))).toEqual({ victim: 1, extent: { offset: 72 * MB, end: 399 * MB } });
  });

  it('takes from the range that has longest to go, so much that both end together', () => {
    const active = [
      { offset: 0, end: 200 * MB, bytesPerSecond: 100 * MB },
      { offset: 200 * MB, end: 300 * MB, bytesPerSecond: 10 * MB },
    ];
    expect(stealExtent(request('.'.repeat(100), { active, lanes: 3, bytesPerSecond: 40 * MB }))).toEqual({
      victim: 1,
      extent: { offset: 220 * MB, end: 300 * MB },
    });
  });

  it('takes all but the begun piece of a range that is silent', () => {
    const active = [{ offset: 5 * MB, end: 60 * MB, bytesPerSecond: 0 }];
    expect(stealExtent(request('.'.repeat(15), { active, lanes: 2, bytesPerSecond: 10 * MB }))?.extent.offset).toBe(8 * MB);
  });

  it('leaves a range alone that is nearly done', () => {
    expect(stealExtent(request('..', { active: [{ offset: MB, end: 7 * MB }], lanes: 2 }))).toBeUndefined();
    expect(stealExtent(request('..', { lanes: 2 }))).toBeUndefined();
  });
});
