/** Reads blobs, and puts on record what that shows: a proof, the leaves, or a mark. What scrub and rebuild are made of. */
import type { Sha256 } from '../domain/digest.ts';
import type { ModelError } from '../domain/errors.ts';
import { isUnreadable } from '../domain/fs-error.ts';
import type { BlobVerdict } from '../domain/scrub.ts';
import { readLeaves, writeLeaves } from '../store/piece-leaves.ts';
import { isUntouched, readStatKey, type StatKey } from '../store/stat-key.ts';
import { hashFiles } from '../transfer/hash-file.ts';
import type { HashedFile } from '../transfer/hash-job.ts';
import { LEAF_BYTES } from '../transfer/transfer.ts';
import type { Orchestration } from './orchestration.ts';

export interface ProveOptions {
  readonly signal?: AbortSignal;
  readonly limitRateBytesPerSecond?: number;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

export interface ReadBlob {
  readonly digest: Sha256;
  readonly sizeBytes: number;
  readonly verdict: BlobVerdict;
  /** What the bytes hash to, or why they cannot be read, where that is the fault. */
  readonly found?: string;
}

interface OpenBlob {
  readonly digest: Sha256;
  readonly path: string;
  /** From before it was read. */
  readonly key: StatKey;
}

/**
 * In the order given, as many at once as there are cores; each is settled as soon as it was read, so that whoever dies loses little. A blob
 * that cannot be read stops nobody: where the medium has lost its bytes it is marked, else it is thrown of once the others are settled.
 * @throws ModelError CANCELLED, READ_ONLY, …; the first error of a read that says nothing of the bytes
 */
export async function proveBlobs(work: Orchestration, digests: readonly Sha256[], options: ProveOptions = {}): Promise<ReadBlob[]> {
  const blobs = digests.flatMap((digest): OpenBlob[] => {
    const path = work.blobs.path(digest);
    const key = readStatKey(path);
    return key === undefined ? [] : [{ digest, path, key }];
  });
  const leafless = new Set(blobs.filter((blob) => wantsLeaves(work, blob)).map(({ path }) => path));
  const totalBytes = blobs.reduce((sum, { key }) => sum + key.sizeBytes, 0);
  const read: ReadBlob[] = [];
  const failures: ModelError[] = [];
  let settling: Promise<unknown> = Promise.resolve();
  const settle = (index: number, result: HashedFile | ModelError): void => {
    const blob = blobs[index];
    if (blob === undefined) return;
    settling = settling.then(async () => {
      const settled = await settleBlob(work, blob, result);
      if ('verdict' in settled) read.push(settled);
      else failures.push(settled);
    });
    // Awaited below; until then a failure is nobody's.
    settling.catch(() => undefined);
  };
  const { signal, limitRateBytesPerSecond, onProgress } = options;
  try {
    await hashFiles(
      blobs.map(({ path }) => path),
      {
        ...(signal && { signal }),
        ...(limitRateBytesPerSecond !== undefined && { limitRateBytesPerSecond }),
        inOrder: true,
        leaves: (path) => leafless.has(path as string),
        onProgress: (doneBytes) => onProgress?.(doneBytes, totalBytes),
        onHashed: settle,
        onFailed: settle,
      },
    );
  } finally {
    await settling;
  }
  if (failures[0] !== undefined) throw failures[0];
  return read;
}

const wantsLeaves = ({ store }: Orchestration, { digest, key }: OpenBlob): boolean =>
  key.sizeBytes > LEAF_BYTES && readLeaves(store, digest, key.sizeBytes) === undefined;

/** Only under the digest's lock, and only of the very file that was read. @returns an error that says nothing of the bytes, too */
async function settleBlob(work: Orchestration, blob: OpenBlob, result: HashedFile | ModelError): Promise<ReadBlob | ModelError> {
  const { digest, path, key } = blob;
  const verdictOf = (verdict: BlobVerdict, found?: string): ReadBlob => ({
    digest,
    sizeBytes: key.sizeBytes,
    verdict,
    ...(found && { found }),
  });
  const lease = await work.store.locks.tryAcquire(work.store.resolver.blobLock(digest), { doing: 'record what a blob holds' });
  if (lease === undefined) return verdictOf('changed');
  try {
    const now = readStatKey(path);
    if (now === undefined) return verdictOf('gone');
    if (!isUntouched(key, now)) return verdictOf('changed');
    if (!('sha256' in result)) return isUnreadable(result) ? verdictOf('unreadable', await mark(work, digest, unreadable(result))) : result;
    if (result.sha256 !== digest) return verdictOf('wrong', await mark(work, digest, result.sha256));
    // What was read may be what the disk never got.
    if (work.blobs.marks.isUnsynced(digest)) return verdictOf('unreadable', work.blobs.marks.read(digest)?.found);
    if (result.leaves) await writeLeaves(work.store, digest, { leafBytes: LEAF_BYTES, digests: result.leaves });
    if (work.blobs.ledger.proves(digest, now)) await work.blobs.ledger.record(digest, now);
    else if (!(await work.blobs.recordProof(digest, now))) return verdictOf('changed');
    return verdictOf('right');
  } finally {
    await lease.release();
  }
}

async function mark({ blobs }: Orchestration, digest: Sha256, found: string): Promise<string> {
  await blobs.marks.mark(digest, found);
  return found;
}

const unreadable = ({ details }: ModelError): string => `unreadable (${String(details.errno)})`;
