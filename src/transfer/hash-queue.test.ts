import { describe, expect, it } from 'vitest';
import { HashQueue } from './hash-queue.ts';

const MIB = 1024 ** 2;

class File {
  readonly sizeBytes: number;
  done = 0;

  constructor(sizeBytes: number) {
    this.sizeBytes = sizeBytes;
  }

  doneBytes(): number {
    return this.done;
  }
}

const files = (count: number, sizeBytes = 64 * MIB) => Array.from({ length: count }, () => new File(sizeBytes));

describe('a queue of files to be hashed', () => {
  it('gives each of two threads four of eight, in order', () => {
    const all = files(8);
    const queue = new HashQueue(all, { threads: 2, mayJoin: () => true });
    expect([queue.take(), queue.take(), queue.take()]).toEqual([all.slice(0, 4), all.slice(4), []]);
  });

  it('gives one at a time where the CPU has instructions, and does not ask where it would not pay', () => {
    let asked = 0;
    const mayJoin = () => ++asked === 0;
    const queue = new HashQueue(files(8), { threads: 2, mayJoin });
    expect(Array.from({ length: 9 }, () => queue.take().length)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0]);
    expect(asked).toBeGreaterThan(0);
    asked = 0;
    new HashQueue(files(2), { threads: 1, mayJoin }).take();
    new HashQueue(files(200, MIB), { threads: 1, mayJoin }).take();
    expect(asked).toBe(0);
  });

  it('counts what the other thread has still to do, and not what that one has done', () => {
    const second = (share: number): number => {
      const queue = new HashQueue(files(8), { threads: 2, mayJoin: () => true });
      for (const file of queue.take()) file.done = share * file.sizeBytes;
      return queue.take().length;
    };
    expect([0, 0.5, 0.75].map(second)).toEqual([4, 4, 1]);
    const late = new HashQueue(files(8), { threads: 2, mayJoin: () => true });
    for (const file of late.take()) late.settle(file);
    expect(late.take()).toHaveLength(1);
  });
});
