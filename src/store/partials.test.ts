import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { digestOf, PIECE, testStore } from '../../test/support/test-store.ts';
import { tryLockFile } from '../locks/kernel-lock.ts';
import { encodeHeader, MAP_HEADER_BYTES, type MapHeader } from './partial-map.ts';
import { PieceMap } from './piece-map.ts';
import { decodeRecord } from './record.ts';

const key = digestOf(Buffer.from('a model'));
const shape = { key, sizeBytes: 4 * PIECE + 7, pieceBytes: PIECE };

it("a dead writer's partial is taken over with its held pieces and sources", async () => {
  const { partials } = await testStore();
  const first = await partials.open(shape);
  writeSync(first.fd, Buffer.alloc(PIECE, 1), 0, PIECE, PIECE);
  new PieceMap(first.pieces).markHeld(1, first.sourceIndex('http://a/', '"v1"'));
  await first.close();
  const second = await partials.open(shape);
  expect(second.path).toBe(first.path);
  const map = new PieceMap(second.pieces);
  expect([0, 1, 2, 3, 4].map((piece) => map.isHeld(piece))).toEqual([false, true, false, false, false]);
  expect(map.sourceOf(1)).toBe(0);
  expect([second.sources[0], second.validatorOf(0)]).toEqual(['http://a/', '"v1"']);
  expect(partials.heldBytes(shape)).toBe(PIECE);
  await second.close();
});

it('a map whose data is gone holds nothing: its writer died right after they had become a blob', async () => {
  const { partials } = await testStore();
  const first = await partials.open(shape);
  new PieceMap(first.pieces).markHeld(0, first.sourceIndex('http://a/'));
  await first.close();
  rmSync(first.path);
  expect(partials.heldBytes(shape)).toBe(0);
});

it('a second opener does not get a partial that is being written, but one of its own', async () => {
  const { partials } = await testStore();
  const [first, second] = [await partials.open(shape), await partials.open(shape)];
  expect(second.path).not.toBe(first.path);
  await Promise.all([first.close(), second.discard()]);
  expect(existsSync(second.path)).toBe(false);
  expect(existsSync(first.path)).toBe(true);
});

it('after a restart only pieces that were synced are held', async () => {
  const { partials } = await testStore();
  const first = await partials.open(shape);
  const map = new PieceMap(first.pieces);
  map.markHeld(0, first.sourceIndex('http://a/'));
  await first.sync();
  map.markHeld(1, 0);
  await first.close();
  pretendRestart(first.path.replace(/part$/, 'map'));
  const second = await partials.open(shape);
  const after = new PieceMap(second.pieces);
  expect([after.isHeld(0), after.isHeld(1)]).toEqual([true, false]);
  await second.close();
});

it.each([
  ['torn header', (map: string) => writeFileSync(map, readFileSync(map).fill(0, 10, 60))],
  ['empty map', (map: string) => truncateSync(map, 0)],
  ['another size', (map: string) => truncateSync(map.replace(/map$/, 'part'), 5)],
])('a partial with a damaged map is removed and begun again: %s', async (_name, damage) => {
  const { partials } = await testStore();
  const first = await partials.open(shape);
  new PieceMap(first.pieces).markHeld(0, first.sourceIndex('http://a/'));
  await first.close();
  damage(first.path.replace(/part$/, 'map'));
  const second = await partials.open(shape);
  expect(new PieceMap(second.pieces).heldBytes()).toBe(0);
  expect(existsSync(first.path)).toBe(false);
  await second.close();
});

it('a complete partial whose commit died before the rename is still taken over', async () => {
  const { partials } = await testStore();
  const first = await partials.open(shape);
  await first.close();
  chmodSync(first.path, 0o444);
  const second = await partials.open(shape);
  expect(second.path).toBe(first.path);
  writeSync(second.fd, Buffer.from('x'), 0, 1, 0);
  await second.close();
});

it('removes all partials of a key, and the folder with the last', async () => {
  const { context, partials } = await testStore();
  await (await partials.open(shape)).close();
  const held = await partials.open({ ...shape, fresh: true });
  await partials.removeAll(key);
  expect(readdirSync(context.resolver.partialDir(key)).length).toBe(2);
  await held.close();
  await partials.removeAll(key);
  expect(existsSync(context.resolver.partialDir(key))).toBe(false);
});

it('the data file is sparse and has its final size at once', async () => {
  const { partials } = await testStore();
  const partial = await partials.open({ ...shape, sizeBytes: 1 << 30 });
  const stat = statSync(partial.path);
  expect(stat.size).toBe(1 << 30);
  expect(stat.blocks * 512).toBeLessThan(1 << 20);
  await partial.discard();
});

function pretendRestart(map: string): void {
  const file = readFileSync(map);
  const header = decodeRecord<MapHeader>(file.toString('utf8', 0, MAP_HEADER_BYTES));
  if (header === undefined) throw new Error('no header');
  encodeHeader({ ...header, boot_id: 'another boot' }).copy(file);
  writeFileSync(map, file);
}

it('a folder that a dead writer left empty is there to be removed', async () => {
  const { context, partials } = await testStore();
  mkdirSync(context.resolver.partialDir(key), { recursive: true });
  expect(partials.exist(key)).toBe(true);
  await partials.removeAll(key);
  expect(partials.exist(key)).toBe(false);
});

it('after a failed fsync only what was synced before is held, not what came while it ran or later', async () => {
  const { partials } = await testStore();
  const partial = await partials.open(shape);
  const map = new PieceMap(partial.pieces);
  map.markHeld(0, partial.sourceIndex('a'));
  await partial.sync();
  map.markHeld(1, 0);
  // What has no disk behind it cannot be synced.
  closeSync(partial.fd);
  expect(openSync('/dev/null', 'r+')).toBe(partial.fd);
  const syncing = partial.sync();
  map.markHeld(2, 0);
  await expect(syncing).rejects.toMatchObject({ code: 'FILESYSTEM_ERROR' });
  expect([0, 1, 2].map((piece) => map.isHeld(piece))).toEqual([true, false, false]);
  map.markHeld(1, 0);
  await expect(partial.sync()).rejects.toMatchObject({ code: 'FILESYSTEM_ERROR' });
  await expect(partial.seal(0o444)).rejects.toMatchObject({ code: 'FILESYSTEM_ERROR' });
  await partial.close();
  expect(partials.heldBytes(shape)).toBe(map.extent(0).length);
});

it('somebody who only looks whether it is written keeps nobody from taking it over', async () => {
  const { context, partials } = await testStore();
  const left = await partials.open(shape);
  new PieceMap(left.pieces).markHeld(0, left.sourceIndex('a'));
  await left.close();
  const folder = context.resolver.partialDir(key);
  const [map = ''] = readdirSync(folder).filter((name) => name.endsWith('.map'));
  const fd = openSync(join(folder, map), 'r');
  expect(tryLockFile(fd, 'shared')).toBe(true);
  setTimeout(() => closeSync(fd), 10);
  const partial = await partials.open(shape);
  expect(new PieceMap(partial.pieces).heldBytes()).toBe(PIECE);
  await partial.close();
});
