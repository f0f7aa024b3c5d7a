import { createHash, randomBytes } from 'node:crypto';
import { ftruncateSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FrontierFile, type FrontierShape, frontierFile, frontierWriter } from '../../test/support/frontier-file.ts';
import type { PieceMap } from '../store/piece-map.ts';
import type { FrontierCell } from './frontier-cell.ts';
import { JointFrontierHash } from './joint-frontier-hash.ts';
import { JointHashing } from './joint-hashing.ts';
import type { SharedFile } from './lane-protocol.ts';
import { LEAF_BYTES } from './transfer.ts';

class Written {
  readonly file: SharedFile;
  readonly cell: FrontierCell;
  readonly map: PieceMap;
  readonly digests: string[] = [];
  readonly leaves: (Uint8Array | undefined)[] = [];
  readonly errors: unknown[] = [];
  readonly hash: JointFrontierHash;

  constructor(joint: JointHashing, { file, cell, map }: FrontierFile) {
    this.file = file;
    this.cell = cell;
    this.map = map;
    this.hash = new JointFrontierHash({
      file,
      joint,
      leavesWhen: { isIdle: true },
      onDone: ({ sha256, leaves }) => {
        this.digests.push(sha256);
        this.leaves.push(leaves);
      },
      onError: (error) => this.errors.push(error),
    });
  }

  write(bytes: Uint8Array, offset = 0, end = bytes.length): void {
    const writer = frontierWriter({ file: this.file, hash: this.hash, offset, end });
    writer.write(bytes.subarray(offset, end));
    writer.release();
  }

  piece(bytes: Uint8Array, piece: number): void {
    const { pieceBytes } = this.file.pieces;
    this.write(bytes, piece * pieceBytes, Math.min(bytes.length, (piece + 1) * pieceBytes));
  }

  async digest(count = 1): Promise<string | undefined> {
    await expect.poll(() => this.digests.length, { timeout: 60_000 }).toBe(count);
    return this.digests.at(-1);
  }
}

const written = async (joint: JointHashing, shape: FrontierShape): Promise<Written> => new Written(joint, await frontierFile(shape));

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('files that are hashed side by side', () => {
  it('are right whatever their number, their sizes and the order of all their pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 6 }),
        fc.constantFrom(1024, 4096, 1000),
        fc.infiniteStream(fc.nat()),
        async (sizes, pieceBytes, dice) => {
          const roll = (below: number) => dice.next().value % below;
          const joint = new JointHashing();
          const contents = sizes.map((size) => randomBytes(size));
          const files = await Promise.all(sizes.map((sizeBytes) => written(joint, { sizeBytes, pieceBytes })));
          const steps = sizes.flatMap((size, file) =>
            Array.from({ length: Math.ceil(size / pieceBytes) }, (_, piece) => ({ file, piece })),
          );
          while (steps.length > 0) {
            const [{ file, piece } = { file: 0, piece: 0 }] = steps.splice(roll(steps.length), 1);
            files[file]?.piece(contents[file] ?? Buffer.alloc(0), piece);
            if (roll(3) === 0) await turn();
          }
          expect(await Promise.all(files.map((file) => file.digest()))).toEqual(contents.map(sha256));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('go back alone before bytes are replaced', async () => {
    const [sizeBytes, pieceBytes] = [20_000, 4096];
    const joint = new JointHashing();
    const contents = Array.from({ length: 4 }, () => randomBytes(sizeBytes));
    const files = await Promise.all(contents.map(() => written(joint, { sizeBytes, pieceBytes })));
    files.forEach((file, at) => void file.write(contents[at]?.subarray(0, 3 * pieceBytes) ?? Buffer.alloc(0)));
    const [changed] = files;
    await expect.poll(() => files.map(({ cell }) => cell.offset), { timeout: 60_000 }).toEqual(Array(4).fill(3 * pieceBytes));
    const fresh = Buffer.concat([contents[0]?.subarray(0, pieceBytes) ?? Buffer.alloc(0), randomBytes(sizeBytes - pieceBytes)]);
    changed?.map.drop(1);
    changed?.map.drop(2);
    changed?.cell.rewind(pieceBytes);
    changed?.hash.advance();
    contents[0] = fresh;
    for (let piece = 1; piece < 5; piece++) files.forEach((file, at) => void file.piece(contents[at] ?? fresh, piece));
    expect(await Promise.all(files.map((file) => file.digest()))).toEqual(contents.map(sha256));
  });

  it('have the leaves that each has alone', async () => {
    const joint = new JointHashing();
    const contents = [LEAF_BYTES, 2 * LEAF_BYTES + 5, 100].map((size) => randomBytes(size));
    const files = await Promise.all(contents.map(({ length }) => written(joint, { sizeBytes: length, pieceBytes: 1024 * 1024 })));
    files.forEach((file, at) => void file.write(contents[at] ?? Buffer.alloc(0)));
    expect(await Promise.all(files.map((file) => file.digest()))).toEqual(contents.map(sha256));
    const leavesOf = (bytes: Buffer) =>
      Array.from({ length: Math.ceil(bytes.length / LEAF_BYTES) }, (_, leaf) =>
        sha256(bytes.subarray(leaf * LEAF_BYTES, (leaf + 1) * LEAF_BYTES)),
      ).join('');
    expect(files.map(({ leaves: [leaves = ''] }) => Buffer.from(leaves).toString('hex'))).toEqual(contents.map(leavesOf));
  });

  it('forget what they read of a piece that was dropped before they had hashed it', async () => {
    const made = await written(new JointHashing(), { sizeBytes: 9000, pieceBytes: 4096 });
    const [wrong, right] = [randomBytes(9000), randomBytes(9000)];
    made.piece(wrong, 0);
    const bytes = Buffer.alloc(made.hash.readyBytes());
    expect(made.hash.read(bytes)).toBe(true);
    made.map.drop(0);
    made.hash.sha256.update(bytes);
    made.hash.took(bytes);
    expect(made.cell.offset).toBe(0);
    made.write(right);
    expect(await made.digest()).toBe(sha256(right));
  });

  it('are hashed anew after the whole was found wrong and mended', async () => {
    const made = await written(new JointHashing(), { sizeBytes: 9000, pieceBytes: 4096 });
    const [wrong, right] = [randomBytes(9000), randomBytes(9000)];
    made.write(wrong);
    expect(await made.digest()).toBe(sha256(wrong));
    for (let piece = 0; piece < 3; piece++) made.map.drop(piece);
    made.cell.rewind(0);
    made.hash.advance();
    made.write(right);
    expect(await made.digest(2)).toBe(sha256(right));
  });

  it('go on where one of them cannot be read, or is closed', async () => {
    const [sizeBytes, pieceBytes] = [300_000, 65_536];
    const joint = new JointHashing();
    const contents = Array.from({ length: 4 }, () => randomBytes(sizeBytes));
    const files = await Promise.all(contents.map(() => written(joint, { sizeBytes, pieceBytes })));
    files.forEach((file, at) => void file.write(contents[at] ?? Buffer.alloc(0)));
    const [short, closed, ...others] = files;
    if (short !== undefined) ftruncateSync(short.file.fd, 100);
    closed?.hash.close();
    expect(await Promise.all(others.map((file) => file.digest()))).toEqual(contents.slice(2).map(sha256));
    expect(short?.errors.map(String)).toEqual(['DiskFault: read the partial: it is shorter than its size']);
    expect([...(short?.digests ?? []), ...(closed?.digests ?? [])]).toEqual([]);
  });
});
