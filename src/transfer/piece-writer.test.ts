import { readSync } from 'node:fs';
import { expect, it } from 'vitest';
import { frontierFile, frontierWriter } from '../../test/support/frontier-file.ts';

const PIECE = 8;
const OTHER_RANGE = 99;

it('a stream that met the piece of another range writes nothing more, though that range gives the piece back', async () => {
  const { file, map } = await frontierFile({ sizeBytes: 3 * PIECE, pieceBytes: PIECE });
  const claims = new Int32Array(file.claims);
  Atomics.store(claims, 1, OTHER_RANGE);
  const writer = frontierWriter({ file, hash: undefined, offset: 0, end: 3 * PIECE });
  expect(writer.write(Buffer.from('aaaaaaaabbbb'))).toBe(false);
  Atomics.store(claims, 1, 0);
  expect(writer.write(Buffer.from('bbbbcccccccc'))).toBe(false);
  const found = Buffer.alloc(3 * PIECE);
  readSync(file.fd, found, 0, found.length, 0);
  expect(found.toString().replaceAll('\0', '')).toBe('aaaaaaaa');
  expect([0, 1, 2].map((piece) => map.isHeld(piece))).toEqual([true, false, false]);
  expect([...claims]).toEqual([0, 0, 0]);
});
