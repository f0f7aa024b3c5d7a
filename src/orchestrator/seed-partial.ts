/**
 * Right pieces of wrong copies: what is still good of a digest's bytes on this machine goes into its partial, so that only the rest is
 * fetched. See docs/store-format.md, "Partials". Held pieces prove nothing: the whole file does, as always.
 */
import { constants, write } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { throwIfCancelled } from '../domain/cancelled.ts';
import type { Sha256 } from '../domain/digest.ts';
import { ModelError } from '../domain/errors.ts';
import { fsError, isUnreadable } from '../domain/fs-error.ts';
import type { KeptPieces } from '../domain/repair.ts';
import { copiesHere } from '../store/copies.ts';
import type { PartialBlob } from '../store/partial-blob.ts';
import { type PieceLeaves, readLeaves } from '../store/piece-leaves.ts';
import { PieceMap } from '../store/piece-map.ts';
import { readStatKey } from '../store/stat-key.ts';
import { cloneFile } from '../transfer/clone-file.ts';
import { hashFiles } from '../transfer/hash-file.ts';
import { leafDigest, leafExtents } from '../transfer/leaf-extents.ts';
import type { EnsureRun } from './ensure-run.ts';

/** In the partial's table of sources: bytes that were on this machine. */
export const KEPT_HERE = 'a copy here';

const COPY_BYTES = 4 * 1024 * 1024;
const writeAt = promisify(write);

export interface SeedRequest {
  readonly digest: Sha256;
  /** For events. */
  readonly file: string;
  readonly partial: PartialBlob;
  /** Whether a published file is known to have had these bytes. */
  readonly isPublished: boolean;
}

/** Call under the digest's lock, with a blob of this name known to be wrong, or not on disk. Undefined where there is no copy at all. */
export async function seedPartial(run: EnsureRun, { digest, file, partial, isPublished }: SeedRequest): Promise<KeptPieces | undefined> {
  const { store, blobs } = run.work;
  const blob = blobs.path(digest);
  // Asked first: to look for copies is to read the record of every model here.
  if (readStatKey(blob) === undefined && !isPublished && !blobs.marks.all().has(digest)) return undefined;
  const leaves = readLeaves(store, digest, partial.sizeBytes);
  const map = new PieceMap(partial.pieces);
  const before = map.heldBytes();
  for (const copy of copiesHere(store, blobs, digest)) {
    // The blob has just been read whole, and was wrong; but not one that was to be written anew.
    if (leaves === undefined && copy === blob && !blobs.marks.isUnsynced(digest)) continue;
    if (map.firstMissing() < map.count) await takeFrom(run, { copy, partial, map, leaves, digest, tell: teller(run, copy, file) });
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
  /** Of what cannot be read of the copy. */
  readonly tell: (error: unknown) => void;
}

/** The bytes first, then a look at what came: whoever writes to the copy meanwhile cannot make a wrong piece held. */
async function takeFrom(run: EnsureRun, copying: Copying): Promise<void> {
  const { partial, map } = copying;
  const missing = Array.from({ length: map.count }, (_, piece) => piece).filter((piece) => !map.isHeld(piece));
  const isBrought = (await isCloned(copying)) || (await areCopied(run, copying, missing));
  if (!isBrought) return;
  const isGood = await goodPieces(run, copying, missing);
  const source = partial.sourceIndex(KEPT_HERE);
  for (const piece of missing) if (isGood(piece)) map.markHeld(piece, source);
}

async function isCloned({ copy, partial, map }: Copying): Promise<boolean> {
  if (map.heldBytes() > 0) return false;
  try {
    return (await cloneFile(copy, partial)) !== undefined;
  } catch (error) {
    // Of the partial. Of the copy: whoever opens it next is told the same.
    if (error instanceof ModelError) throw error;
    return false;
  }
}

/** What the copy does not give is as good as not there: the leaves will tell. @returns false where it cannot even be opened */
async function areCopied(run: EnsureRun, copying: Copying, pieces: readonly number[]): Promise<boolean> {
  const { copy, partial, map, tell } = copying;
  const handle = await openCopy(copying);
  if (handle === undefined) return false;
  const nothing = (error: unknown): number => {
    tell(error);
    return 0;
  };
  try {
    const buffer = Buffer.allocUnsafeSlow(COPY_BYTES);
    for (const piece of pieces) {
      const { offset, length } = map.extent(piece);
      for (let at = offset; at < offset + length; at += COPY_BYTES) {
        throwIfCancelled(run.signal, `copying ${copy}`);
        const wanted = buffer.subarray(0, Math.min(COPY_BYTES, offset + length - at));
        const bytesRead = await handle.read(wanted, 0, wanted.length, at).then((read) => read.bytesRead, nothing);
        await writeAll(partial, wanted.subarray(0, bytesRead), at);
      }
    }
    return true;
  } finally {
    await handle.close();
  }
}

async function openCopy({ copy, tell }: Copying): Promise<FileHandle | undefined> {
  try {
    return await open(copy, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    tell(error);
    return undefined;
  }
}

/** The first of one copy says enough. */
function teller({ emit }: EnsureRun, copy: string, file: string): (error: unknown) => void {
  let isTold = false;
  return (error) => {
    if (!isTold) emit({ type: 'source.failed', source: KEPT_HERE, file, error: fsError(error, `read ${copy}`).toJSON() });
    isTold = true;
  };
}

async function writeAll({ fd, path }: PartialBlob, bytes: Uint8Array, offset: number): Promise<void> {
  try {
    for (let done = 0; done < bytes.length; ) done += (await writeAt(fd, bytes, done, bytes.length - done, offset + done)).bytesWritten;
  } catch (error) {
    throw fsError(error, `write ${path}`);
  }
}

async function goodPieces(run: EnsureRun, copying: Copying, pieces: readonly number[]): Promise<(piece: number) => boolean> {
  const { partial, leaves, digest, map, tell } = copying;
  const { signal } = run;
  // A clone shares the bad sectors of its copy.
  const onFailed = (_: number, error: ModelError): void => {
    if (!isUnreadable(error)) throw error;
    tell(error);
  };
  if (leaves === undefined) {
    const [whole] = await hashFiles([partial.path], { signal, onFailed });
    return () => whole?.sha256 === digest;
  }
  const wanted = new Set(pieces.flatMap((piece) => leavesOf(map, piece, leaves)));
  const extents = leafExtents({ path: partial.path, sizeBytes: partial.sizeBytes, leafBytes: leaves.leafBytes });
  const numbers = [...wanted];
  const hashed = await hashFiles(
    numbers.flatMap((leaf) => extents[leaf] ?? []),
    { signal, onFailed },
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
