/** What lies where an unfinished bundle would: gone on with only where it is one, for whatever else lies there is somebody's. */
import { constants, lstatSync, readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { INDEX_NAME, indexBytesIn, PARTS_NAME, partName } from '../../backends/bundle/bundle-layout.ts';
import { TAR_BLOCK_BYTES, tarHeader } from '../../formats/tar.ts';
import { inTheWay } from '../unfinished-place.ts';
import type { SinkPlace } from './bundle-sink.ts';

/** Call under its lock. @throws ModelError INVALID_INPUT reason output_exists */
export async function requireUnfinished({ path, partBytes }: SinkPlace): Promise<void> {
  if (partBytes === undefined) return requireBegun(path, path);
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isDirectory()) throw inTheWay(path);
  const names = readdirSync(path);
  const first = partName(1);
  if (names.some((name) => !isPartName(name) || lstatSync(join(path, name)).isFile() === false)) throw inTheWay(path);
  if (names.includes(first)) await requireBegun(join(path, first), path);
  else if (names.some((name) => name !== PARTS_NAME)) throw inTheWay(path);
}

const isPartName = (name: string): boolean => name === PARTS_NAME || /^wan-bundle\.tar\.\d{5}$/.test(name);

/** Empty, or the beginning of a bundle: of whatever models, they may be others by now. */
async function requireBegun(file: string, told: string): Promise<void> {
  if (lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true) throw inTheWay(told);
  await using handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(TAR_BLOCK_BYTES), 0, TAR_BLOCK_BYTES, 0);
  const isBegun = bytesRead < TAR_BLOCK_BYTES ? isName(buffer.subarray(0, bytesRead)) : indexBytesIn(buffer) !== undefined;
  if (!isBegun) throw inTheWay(told);
}

/** Of a header that was cut short: up to where its size stands all bundles have the same one. */
const isName = (bytes: Buffer): boolean => {
  const name = tarHeader({ path: INDEX_NAME, sizeBytes: 0 }).subarray(0, Math.min(124, bytes.length));
  return bytes.subarray(0, name.length).equals(name);
};
