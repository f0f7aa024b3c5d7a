/** Writes the bytes that an index decides, goes on where an earlier writer was cut off, and proves every file on the way. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { BundleIndex } from '../../backends/bundle/bundle-index.ts';
import { type Entry, entriesOf } from '../../backends/bundle/bundle-layout.ts';
import { throwIfCancelled } from '../../domain/cancelled.ts';
import type { Sha256 } from '../../domain/digest.ts';
import { ModelError } from '../../domain/errors.ts';
import { fsError } from '../../domain/fs-error.ts';
import { TAR_END_BYTES, tarPaddingBytes } from '../../formats/tar.ts';
import type { BundleSink } from './bundle-sink.ts';

export interface WriteBundle {
  readonly sink: BundleSink;
  readonly index: BundleIndex;
  readonly indexBytes: Buffer;
  /** Where the store has the bytes of a digest. */
  readonly sourceOf: (sha256: Sha256) => string;
  readonly signal: AbortSignal;
  readonly onDone: (bytes: number) => void;
}

const CHUNK_BYTES = 1024 * 1024;

/** @returns bytes that were there already, and right */
export async function writeBundle(request: WriteBundle): Promise<number> {
  const { sink, index, indexBytes, onDone } = request;
  const before = sink.heldBytes;
  let kept = before;
  let offset = 0;
  const put = async (bytes: Buffer): Promise<void> => {
    const from = offset;
    if (!(await isThere(sink, from, bytes))) {
      kept = Math.min(kept, from);
      await sink.cutAt(from);
      await sink.append(bytes);
    }
    offset += bytes.length;
    onDone(bytes.length);
  };
  for (const entry of entriesOf(indexBytes.length, index.blobs)) {
    await put(entry.header);
    if (entry.sha256 === undefined) await put(indexBytes);
    else {
      kept = Math.min(kept, await putFile(request, entry, offset));
      offset += entry.sizeBytes;
    }
    await put(Buffer.alloc(tarPaddingBytes(entry.sizeBytes)));
  }
  await put(Buffer.alloc(TAR_END_BYTES));
  if (sink.heldBytes > offset) await sink.cutAt(offset);
  return kept;
}

async function isThere(sink: BundleSink, offset: number, bytes: Buffer): Promise<boolean> {
  if (sink.heldBytes < offset + bytes.length) return false;
  for (let from = 0; from < bytes.length; ) {
    const held = await sink.read(offset + from, bytes.length - from);
    if (held.length === 0 || !held.equals(bytes.subarray(from, from + held.length))) return false;
    from += held.length;
  }
  return true;
}

/** @returns up to where what was held is kept */
async function putFile(request: WriteBundle, { sha256, sizeBytes }: Entry, offset: number): Promise<number> {
  if (sha256 === undefined) throw new Error('a file of a bundle has a digest');
  const { sink, sourceOf } = request;
  const heldBytes = Math.min(sizeBytes, Math.max(0, sink.heldBytes - offset));
  const hash = await hashHeld(request, offset, heldBytes);
  const path = sourceOf(sha256);
  if ((await copyRest(request, { path, hash, from: heldBytes, sizeBytes })) === sha256) return Number.POSITIVE_INFINITY;
  await sink.cutAt(offset);
  // What was held, or the store: a second pass over the store alone tells.
  if (heldBytes > 0) {
    request.onDone(-sizeBytes);
    if ((await copyRest(request, { path, hash: createHash('sha256'), from: 0, sizeBytes })) === sha256) return offset;
    await sink.cutAt(offset);
  }
  throw wrongInStore(path, sha256);
}

async function hashHeld({ sink, signal, onDone }: WriteBundle, offset: number, length: number): Promise<Hash> {
  const hash = createHash('sha256');
  for (let from = 0; from < length; ) {
    throwIfCancelled(signal, 'writing the bundle');
    const held = await sink.read(offset + from, Math.min(CHUNK_BYTES, length - from));
    if (held.length === 0) throw new ModelError('CONCURRENT_MODIFICATION', 'the unfinished bundle became shorter while it was read');
    hash.update(held);
    from += held.length;
    onDone(held.length);
  }
  return hash;
}

interface Rest {
  readonly path: string;
  /** Of the bytes before. */
  readonly hash: Hash;
  readonly from: number;
  readonly sizeBytes: number;
}

/** @returns the digest of the whole */
async function copyRest({ sink, signal, onDone }: WriteBundle, { path, hash, from, sizeBytes }: Rest): Promise<string> {
  let position = from;
  if (from < sizeBytes) {
    try {
      for await (const chunk of createReadStream(path, { start: from, end: sizeBytes - 1, highWaterMark: CHUNK_BYTES, signal })) {
        const bytes = chunk as Buffer;
        hash.update(bytes);
        await sink.append(bytes);
        position += bytes.length;
        onDone(bytes.length);
      }
    } catch (error) {
      throwIfCancelled(signal, 'writing the bundle');
      throw fsError(error, `write ${path} into the bundle`);
    }
  }
  return position === sizeBytes ? hash.digest('hex') : '';
}

const wrongInStore = (path: string, sha256: Sha256): ModelError =>
  new ModelError('CHECKSUM_FAIL', `${path} has not the bytes of its name any more: nothing was bundled`, {
    reason: 'store_damaged',
    hint: 'find out what else is wrong with `wan models verify --all`, mend it with `wan models ensure`, then run the same command again',
    details: { path, expected: sha256 },
  });
