/** A file whose bytes arrive in this thread and are hashed at its frontier, for tests of who hashes: data and map on disk, as a transfer has them. */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { PieceMap } from '../../src/store/piece-map.ts';
import { FrontierCell } from '../../src/transfer/frontier-cell.ts';
import type { SharedFile } from '../../src/transfer/lane-protocol.ts';
import { PieceWriter, type PieceWriterOptions } from '../../src/transfer/piece-writer.ts';
import { tempDir } from './temp-dir.ts';

export interface FrontierShape {
  readonly sizeBytes: number;
  readonly pieceBytes: number;
}

export interface FrontierFile {
  readonly file: SharedFile;
  readonly cell: FrontierCell;
  readonly map: PieceMap;
}

export async function frontierFile(shape: FrontierShape): Promise<FrontierFile> {
  const folder = await tempDir();
  const [fd, mapFd] = [openSync(join(folder, 'data'), 'w+'), openSync(join(folder, 'map'), 'w+')];
  onTestFinished(() => [fd, mapFd].forEach((open) => void closeSync(open)));
  const count = Math.ceil(shape.sizeBytes / shape.pieceBytes);
  const pieces = { marks: new SharedArrayBuffer(count), fd: mapFd, fileOffset: 0, ...shape };
  const cell = new FrontierCell();
  const file = { fileId: 1, fd, pieces, claims: new SharedArrayBuffer(4 * count), frontier: cell.buffer };
  return { file, cell, map: new PieceMap(pieces) };
}

/** Of the bytes from `offset` to `end`, as one source gives them. */
export const frontierWriter = (parts: Pick<PieceWriterOptions, 'file' | 'hash' | 'offset' | 'end'>): PieceWriter =>
  new PieceWriter({ ...parts, rangeId: 1, sourceIndex: 0, passOver: false, onHeld: () => undefined });
