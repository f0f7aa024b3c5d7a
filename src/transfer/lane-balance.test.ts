import { describe, expect, it } from 'vitest';
import { type BalancedFile, LaneBalance, SHORT_BYTES } from './lane-balance.ts';

const GIB = 1024 ** 3;
const a = { name: 'a' };
const b = { name: 'b' };
const lanes = [a, b];
type Lane = typeof a;

function file(hashLane: Lane, unhashedBytes: number, reading: readonly Lane[] = []): BalancedFile<Lane> {
  return {
    hashLane,
    unhashedBytes,
    isJoint: false,
    ranges: new Set(reading.map((lane) => ({ lane, remaining: () => ({ offset: 0, end: unhashedBytes }) }))),
  };
}

function balance(files: readonly BalancedFile<Lane>[], { waiting = false } = {}): LaneBalance<Lane> {
  const made = new LaneBalance<Lane>(() => waiting);
  for (const each of files) made.add(each);
  return made;
}

describe('the balance of lanes', () => {
  it('gives the hash of a new file to the lane with the fewest', () => {
    expect(balance([]).leastFiles(lanes)).toBe(a);
    expect(balance([file(a, 1)]).leastFiles(lanes)).toBe(b);
    expect(balance([file(a, 1), file(b, GIB), file(b, 1)]).leastFiles(lanes)).toBe(a);
  });

  it("reads a file's first range where it is hashed, however busy that lane is", () => {
    const begun = file(a, GIB);
    expect(balance([begun, file(a, 8 * GIB)]).laneFor(begun, { lanes, bytes: GIB })).toBe(a);
  });

  it('reads a file that is hashed beside others where there is less to do, from the first range on', () => {
    const joint = { ...file(a, GIB), isJoint: true };
    expect(balance([joint]).laneFor(joint, { lanes, bytes: GIB })).toBe(b);
    expect(balance([joint, file(b, GIB)]).laneFor(joint, { lanes, bytes: GIB })).toBe(a);
  });

  it('reads further ranges where there is less to do', () => {
    const split = file(a, GIB, [a]);
    expect(balance([split]).laneFor(split, { lanes, bytes: GIB / 4 })).toBe(b);
    expect(balance([split, file(b, 4 * GIB, [b])]).laneFor(split, { lanes, bytes: GIB / 4 })).toBe(a);
  });

  it('asks for help only when no file waits, and when it pays', () => {
    const lone = file(a, GIB, [a]);
    expect(balance([lone]).hasHelper(lone, lanes)).toBe(true);
    expect(balance([lone], { waiting: true }).hasHelper(lone, lanes)).toBe(false);
    expect(balance([lone]).hasHelper(lone, [a])).toBe(false);
    expect(balance([lone, file(b, GIB, [b])]).hasHelper(lone, lanes)).toBe(false);
    const nearlyDone = file(a, SHORT_BYTES / 4, [a]);
    expect(balance([nearlyDone]).hasHelper(nearlyDone, lanes)).toBe(false);
  });

  it('forgets a file that is done', () => {
    const done = file(a, GIB);
    const made = balance([done]);
    made.delete(done);
    expect(made.leastFiles(lanes)).toBe(a);
  });
});
