/**
 * Right pieces of wrong copies: what is still good of a digest's bytes on this machine goes into its partial, so that only the rest is
 * fetched. See docs/store-format.md, "Partials". Held pieces prove nothing: the whole file does, as always.
 */
import { constants, write } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { throwIfCancelled } from '../domain/cancelled.ts';
import type { Sha256 } from '../domain/digest.ts';
import { fsError, isUnreadable } from '../domain/fs-error.ts';
import type { KeptPieces } from '../domain/repair.ts';
import { copiesHere } from '../store/copies.ts';
import type { PartialBlob } from '../store/partial-blob.ts';
import { type PieceLeaves, readLeaves } from '../store/piece-leaves.ts';
import { PieceMap } from '../store/piece-map.ts';
import { readStatKey } from '../store/stat-key.ts';
import { cloneFile } from '../transfer/clone-file.ts';
import { hashFile, hashFiles } from '../transfer/hash-file.ts';
import { leafDigest, leafExtents } from '../transfer/leaf-extents.ts';
import type { EnsureRun } from './ensure-run.ts';

/** In the partial's table of sources: bytes that were on this machine. */
export const KEPT_HERE = 'a copy here';

const COPY_BYTES = 4 * 1024 * 1024;
const writeAt = promisify(write);

export interface SeedRequest {
  readonly digest: Sha256;
  readonly partial: PartialBlob;
  /** Whether a published file is known to have had these bytes. */
  readonly isPublished: boolean;
}

/** Call under the digest's lock, with a blob of this name known to be wrong. Undefined where there is no copy at all. */
export async function seedPartial(run: EnsureRun, { digest, partial, isPublished }: SeedRequest): Promise<KeptPieces | undefined> {
  const { store, blobs } = run.work;
  const blob = blobs.path(digest);
  // Asked first: to look for copies is to read the record of every model here.
  if (readStatKey(blob) === undefined && !isPublished && !blobs.marks.all().has(digest)) return undefined;
  const leaves = readLeaves(store, digest, partial.sizeBytes);
  const map = new PieceMap(partial.pieces);
  const before = map.heldBytes();
  for (const copy of copiesHere(store, blobs, digest)) {
    // The blob has just been read whole.
    if (leaves === undefined && copy === blob) continue;
    if (map.firstMissing() < map.count) await takeFrom(run, { copy, partial, map, leaves, digest });
  }
  return { keptBytes: map.heldBytes() - before, ...(leaves && leavesLeft(map, partial, leaves)) };
}

interface Copying {
  /** Absolute. */
  readonly copy: string;
  readonly partial: PartialBlob;
  readonly map: PieceMap;
  readonly leaves: PieceLeaves | undefined;
  readonly digest: Sha256;
}

/** The bytes first, then a look at what came: whoever writes to the copy meanwhile cannot make a wrong piece held. */
async function takeFrom(run: EnsureRun, copying: Copying): Promise<void> {
  const { copy, partial, map } = copying;
  const missing = Array.from({ length: map.count }, (_, piece) => piece).filter((piece) => !map.isHeld(piece));
  const isCloned = map.heldBytes() === 0 && (await cloneFile(copy, partial)) !== undefined;
  if (!isCloned) await copyPieces(run, copying, missing);
  const isGood = await goodPieces(run, copying, missing);
  const source = partial.sourceIndex(KEPT_HERE);
  for (const piece of missing) if (isGood(piece)) map.markHeld(piece, source);
}

async function copyPieces({ signal }: EnsureRun, { copy, partial, map }: Copying, pieces: readonly number[]): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(copy, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    const buffer = Buffer.allocUnsafeSlow(COPY_BYTES);
    for (const piece of pieces) {
      const { offset, length } = map.extent(piece);
      for (let at = offset; at < offset + length; at += COPY_BYTES) {
        throwIfCancelled(signal, `copying ${copy}`);
        const bytesRead = await readSome(handle, buffer.subarray(0, Math.min(COPY_BYTES, offset + length - at)), at);
        await writeAll(partial.fd, buffer.subarray(0, bytesRead), at);
      }
    }
  } catch (error) {
    throw fsError(error, `copy ${copy} to ${partial.path}`);
  } finally {
    await handle?.close();
  }
}

/** What a bad sector does not give is as good as not there: the leaf will tell. */
async function readSome(handle: FileHandle, buffer: Buffer, offset: number): Promise<number> {
  try {
    return (await handle.read(buffer, 0, buffer.length, offset)).bytesRead;
  } catch (error) {
    if (isUnreadable(fsError(error, 'read a copy'))) return 0;
    throw error;
  }
}

async function writeAll(fd: number, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await writeAt(fd, bytes, done, bytes.length - done, offset + done)).bytesWritten;
}

async function goodPieces(run: EnsureRun, copying: Copying, pieces: readonly number[]): Promise<(piece: number) => boolean> {
  const { partial, leaves, digest, map } = copying;
  const { signal } = run;
  if (leaves === undefined) {
    const { sha256 } = await hashFile(partial.path, { signal });
    return () => sha256 === digest;
  }
  const wanted = new Set(pieces.flatMap((piece) => leavesOf(map, piece, leaves)));
  const extents = leafExtents({ path: partial.path, sizeBytes: partial.sizeBytes, leafBytes: leaves.leafBytes });
  const numbers = [...wanted];
  const hashed = await hashFiles(
    numbers.flatMap((leaf) => extents[leaf] ?? []),
    {
      signal,
      // Of a clone, which shares the bad sector.
      onFailed: (_, error) => {
        if (!isUnreadable(error)) throw error;
      },
    },
  );
  const good = new Set(numbers.filter((leaf, at) => hashed[at]?.sha256 === leafDigest(leaves, leaf)));
  return (piece) => leavesOf(map, piece, leaves).every((leaf) => good.has(leaf));
}

/** Numbers of the leaves that a piece has bytes of. */
function leavesOf(map: PieceMap, piece: number, { leafBytes }: PieceLeaves): number[] {
  const { offset, length } = map.extent(piece);
  const first = Math.floor(offset / leafBytes);
  return Array.from({ length: Math.floor((offset + length - 1) / leafBytes) - first + 1 }, (_, at) => first + at);
}

function leavesLeft(map: PieceMap, { sizeBytes }: PartialBlob, leaves: PieceLeaves): Required<Omit<KeptPieces, 'keptBytes'>> {
  const missing = Array.from({ length: map.count }, (_, piece) => piece).filter((piece) => !map.isHeld(piece));
  const badPieces = [...new Set(missing.flatMap((piece) => leavesOf(map, piece, leaves)))];
  return { pieceCount: Math.ceil(sizeBytes / leaves.leafBytes), badPieces };
}
