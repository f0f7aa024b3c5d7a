import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FrontierFile, frontierFile, frontierWriter } from '../../test/support/frontier-file.ts';
import type { PieceMap } from '../store/piece-map.ts';
import type { FrontierCell } from './frontier-cell.ts';
import { FrontierHash, makeReadBuffer } from './frontier-hash.ts';
import type { SharedFile } from './lane-protocol.ts';
import type { PieceWriter } from './piece-writer.ts';

const PIECE = 1000;

class Bench {
  readonly file: SharedFile;
  readonly cell: FrontierCell;
  readonly map: PieceMap;
  readonly digests: string[] = [];
  readonly md5s: (string | undefined)[] = [];
  readonly hash: FrontierHash;

  constructor({ file, cell, map }: FrontierFile) {
    this.file = file;
    this.cell = cell;
    this.map = map;
    this.hash = new FrontierHash({
      file,
      also: 'md5',
      readBuffer: makeReadBuffer(),
      leavesWhen: undefined,
      onDone: ({ sha256, other }) => {
        this.digests.push(sha256);
        this.md5s.push(other);
      },
      onError: (error) => {
        throw error;
      },
    });
  }

  writer(offset: number, end: number): PieceWriter {
    return frontierWriter({ file: this.file, hash: this.hash, offset, end });
  }

  digest(): Promise<string> {
    return expect
      .poll(() => this.digests.at(-1), { timeout: 60_000 })
      .toBeDefined()
      .then(() => this.digests.at(-1) ?? '');
  }
}

const bench = async (sizeBytes: number): Promise<Bench> => new Bench(await frontierFile({ sizeBytes, pieceBytes: PIECE }));

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

describe('the hash at the frontier', () => {
  it('is right whatever the order of pieces and the size of chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9500 }),
        fc.integer({ min: 1, max: 3000 }),
        fc.infiniteStream(fc.nat()),
        async (size, chunk, dice) => {
          const bytes = randomBytes(size);
          const made = await bench(size);
          const order = Array.from({ length: Math.ceil(size / PIECE) }, (_, piece) => piece).sort(() => (dice.next().value % 2) - 0.5);
          for (const piece of order) {
            const [from, end] = [piece * PIECE, Math.min(size, (piece + 1) * PIECE)];
            const into = made.writer(from, end);
            for (let at = from; at < end; at += chunk) into.write(bytes.subarray(at, Math.min(end, at + chunk)));
          }
          expect(await made.digest()).toBe(sha256(bytes));
          expect(made.md5s.at(-1)).toBe(md5(bytes));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('goes back before bytes are replaced, even inside a piece', async () => {
    const size = 3500;
    const [old, fresh] = [randomBytes(size), randomBytes(size)];
    const made = await bench(size);
    const begun = made.writer(0, size);
    begun.write(old.subarray(0, 2400));
    begun.release();
    expect(made.cell.offset).toBe(2400);
    made.map.drop(1);
    made.cell.rewind(1000);
    const again = made.writer(1000, size);
    again.write(fresh.subarray(1000));
    const whole = Buffer.concat([old.subarray(0, 1000), fresh.subarray(1000)]);
    expect(await made.digest()).toBe(sha256(whole));
    expect(made.md5s.at(-1)).toBe(md5(whole));
  });

  it('gives a new digest after the file was found wrong and mended', async () => {
    const size = 2500;
    const [wrong, right] = [randomBytes(size), randomBytes(size)];
    const made = await bench(size);
    made.writer(0, size).write(wrong);
    expect(await made.digest()).toBe(sha256(wrong));
    for (let piece = 0; piece < 3; piece++) made.map.drop(piece);
    made.cell.rewind(0);
    made.hash.advance();
    made.writer(0, size).write(right);
    await expect.poll(() => made.digests.at(-1), { timeout: 60_000 }).toBe(sha256(right));
    expect(made.md5s).toEqual([md5(wrong), md5(right)]);
  });
});
