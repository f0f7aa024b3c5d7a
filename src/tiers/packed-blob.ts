/** A blob as zstd frames: made of a file, proven, told from what is none. */
import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { type Sha256, sha256Of } from '../domain/digest.ts';
import { isModelError } from '../domain/errors.ts';
import { chunksOf, hashOf } from './hash-stream.ts';
import { FRAME_BYTES, plainBytes, readSeekTable, type SeekTable, writeFrames } from './seekable-zstd.ts';
import type { TierCall } from './tier-place.ts';

export interface Packed {
  /** Of what was read. */
  readonly sha256: Sha256;
  readonly storedBytes: number;
}

/** @param atOnce frames in work: each holds twice its size */
export async function packFile(
  from: string,
  handle: FileHandle,
  { atOnce, ...call }: TierCall & { readonly atOnce: number },
): Promise<Packed> {
  const hasher = createHash('sha256');
  const storedBytes = await writeFrames(hashed(framesOf(from, call), hasher), handle, atOnce);
  return { sha256: sha256Of(hasher.digest('hex')), storedBytes };
}

/** Decodes all of it. @throws ModelError CHECKSUM_FAIL, FORMAT_INVALID */
export async function hashPacked(path: string, { atOnce, signal, onBytes }: TierCall & { readonly atOnce: number }): Promise<Sha256> {
  const table = await readSeekTable(path);
  const chunks = plainBytes(path, table, { offset: 0, end: table.sizeBytes, atOnce, signal });
  return (await hashOf(chunks, async (chunk) => onBytes?.(chunk.length))).sha256;
}

/** Undefined for what is no compressed blob: then it is written anew. */
export async function seekTableOf(path: string): Promise<SeekTable | undefined> {
  try {
    return await readSeekTable(path);
  } catch (error) {
    if (isModelError(error, 'FORMAT_INVALID')) return undefined;
    throw error;
  }
}

/** In pieces of exactly a frame, but for the last. */
async function* framesOf(path: string, call: TierCall): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const chunk of chunksOf(path, call)) {
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes < FRAME_BYTES) continue;
    const all = Buffer.concat(held);
    yield all.subarray(0, FRAME_BYTES);
    held = [all.subarray(FRAME_BYTES)];
    heldBytes = all.length - FRAME_BYTES;
  }
  if (heldBytes > 0) yield Buffer.concat(held);
}

async function* hashed(chunks: AsyncIterable<Buffer>, hasher: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hasher.update(chunk);
    yield chunk;
  }
}
