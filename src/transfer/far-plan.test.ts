import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Span } from './extent-plan.ts';
import { type FarRequest, nextFarExtent } from './far-plan.ts';

const MB = 1024 * 1024;
const PIECE = 4 * MB;

const request = (change: Partial<FarRequest> = {}): FarRequest => ({
  pieces: { count: 128, isHeld: () => false },
  pieceBytes: PIECE,
  sizeBytes: 512 * MB,
  missingBytes: 512 * MB,
  active: [],
  lanes: 16,
  firstByteMs: 100,
  bytesPerSecond: 5 * MB,
  ...change,
});

describe('the ranges of a far source', () => {
  it('share what is missing, in order, the one that was begun for the whole file included', () => {
    const unknown = { bytesPerSecond: undefined };
    expect(nextFarExtent(request({ ...unknown, active: [{ offset: MB, end: 512 * MB }] }))).toEqual({ offset: 20 * MB, end: 36 * MB });
    const active = [
      { offset: 10 * MB, end: 20 * MB },
      { offset: 30 * MB, end: 36 * MB },
    ];
    expect(nextFarExtent(request({ active }))).toEqual({ offset: 0, end: 8 * MB });
    expect(nextFarExtent(request({ active: [{ offset: 10 * MB, end: 20 * MB, bytesPerSecond: 5 * MB }], missingBytes: 100 * MB }))).toEqual(
      {
        offset: 0,
        end: 4 * MB,
      },
    );
  });

  it('are worth their requests: never shorter than a few answers take, nor longer than a source gives in a while', () => {
    const bytes = (span: Span | undefined) => (span === undefined ? 0 : span.end - span.offset);
    expect(bytes(nextFarExtent(request({ bytesPerSecond: 50 * MB, missingBytes: 64 * MB })))).toBe(20 * MB);
    expect(bytes(nextFarExtent(request({ bytesPerSecond: MB })))).toBe(4 * MB);
    expect(bytes(nextFarExtent(request({ bytesPerSecond: 50 * MB, missingBytes: 512_000 * MB })))).toBe(64 * MB);
  });

  it('split what one of them has left at the end, but not what is nearly done, nor a small file of which nothing is known', () => {
    const none = { count: 128, isHeld: () => true };
    const at = (offset: number, end: number) =>
      request({ pieces: none, active: [{ offset, end, bytesPerSecond: 5 * MB }], missingBytes: end - offset });
    expect(nextFarExtent(at(400 * MB, 412 * MB))).toEqual({ offset: 408 * MB, end: 412 * MB });
    expect(nextFarExtent(at(408 * MB, 412 * MB))).toBeUndefined();
    const small = { pieces: { count: 2, isHeld: () => false }, sizeBytes: 7 * MB, missingBytes: 7 * MB, bytesPerSecond: undefined };
    expect(nextFarExtent(request({ ...small, active: [{ offset: 0, end: 7 * MB }] }))).toBeUndefined();
  });

  it('cover every piece once when each is as quick as the others', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 32 }), (count, lanes) => {
        const held = new Set<number>();
        const sizeBytes = count * PIECE - MB;
        let active: Span[] = [];
        const take = () =>
          nextFarExtent(
            request({ pieces: { count, isHeld: (piece) => held.has(piece) }, sizeBytes, missingBytes: sizeBytes, lanes, active }),
          );
        for (let rounds = 0; held.size < count; rounds++) {
          expect(rounds).toBeLessThan(count + 1);
          for (let next = take(); active.length < lanes && next !== undefined; next = take()) {
            const { offset } = next;
            active = [...active.map((span) => (span.offset < offset && offset < span.end ? { ...span, end: offset } : span)), next];
          }
          for (const { offset, end } of active)
            for (let piece = offset / PIECE; piece * PIECE < end; piece++) {
              expect(held.has(piece)).toBe(false);
              held.add(piece);
            }
          active = [];
        }
      }),
      { numRuns: 30 },
    );
  });
});
