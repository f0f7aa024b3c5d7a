/** A file goes into a bucket, in parts where it is large; what the service then says of it is what it itself summed. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { type S3Objects, sumOf, sumOfSums, type UploadedPart } from '../backends/s3/s3-objects.ts';
import { type Sha256, sha256Of } from '../domain/digest.ts';
import { fsError } from '../domain/fs-error.ts';
import { inOrder } from '../util/in-order.ts';
import { otherHere } from './tier-errors.ts';
import type { NewBlob, TierCall } from './tier-place.ts';

const MIB = 1024 * 1024;
const MIN_PART_BYTES = 8 * MIB;
/** The service takes 10,000. */
const MAX_PARTS = 9000;
const PARTS_AT_ONCE = 4;

export interface Upload {
  readonly blob: NewBlob;
  readonly key: string;
  readonly memoryBudgetBytes: number;
  readonly call: TierCall;
}

/** The same for the same size, so that a sum can be made again later. */
const partBytesOf = (sizeBytes: number): number => Math.max(MIN_PART_BYTES, Math.ceil(sizeBytes / MAX_PARTS / MIB) * MIB);

/** @returns the sum that the service must have. @throws ModelError CHECKSUM_FAIL where the file here is not what it should be */
export async function upload(objects: S3Objects, request: Upload): Promise<string> {
  const { sizeBytes } = request.blob;
  return sizeBytes <= partBytesOf(sizeBytes) ? uploadWhole(objects, request) : uploadParts(objects, request);
}

async function uploadWhole(objects: S3Objects, { blob, key, call }: Upload): Promise<string> {
  const [body = Buffer.alloc(0)] = await Array.fromAsync(partsOf(blob, call));
  refuseOther(blob, createHash('sha256').update(body));
  await objects.put(key, body, { signal: call.signal });
  return sumOf(body);
}

async function uploadParts(objects: S3Objects, { blob, key, call, memoryBudgetBytes }: Upload): Promise<string> {
  const { signal } = call;
  const id = await objects.beginUpload(key, signal);
  try {
    const hasher = createHash('sha256');
    let part = 0;
    const numbered = async function* () {
      for await (const body of partsOf(blob, call)) {
        hasher.update(body);
        part += 1;
        yield { id, part, body };
      }
    };
    const atOnce = Math.max(1, Math.min(PARTS_AT_ONCE, Math.floor(memoryBudgetBytes / partBytesOf(blob.sizeBytes)) - 1));
    const parts: UploadedPart[] = [];
    for await (const sent of inOrder(numbered(), atOnce, (one) => objects.putPart(key, one, signal))) parts.push(sent);
    refuseOther(blob, hasher);
    await objects.endUpload(key, { id, parts }, signal);
    return sumOfSums(parts.map(({ checksum }) => checksum));
  } catch (error) {
    await objects.abortUpload(key, id, AbortSignal.timeout(10_000)).catch(() => undefined);
    throw error;
  }
}

/** The sum that the service has of a file with these bytes, and their digest. */
export async function expectedSum(
  blob: Pick<NewBlob, 'from' | 'sizeBytes'>,
  call: TierCall,
): Promise<{ readonly checksum: string; readonly sha256: Sha256 }> {
  const hasher = createHash('sha256');
  const checksums: string[] = [];
  for await (const body of partsOf(blob, call)) {
    hasher.update(body);
    checksums.push(sumOf(body));
  }
  const isWhole = blob.sizeBytes <= partBytesOf(blob.sizeBytes);
  return { checksum: isWhole ? (checksums[0] ?? sumOf(Buffer.alloc(0))) : sumOfSums(checksums), sha256: sha256Of(hasher.digest('hex')) };
}

function refuseOther(blob: NewBlob, hasher: ReturnType<typeof createHash>): void {
  const found = sha256Of(hasher.digest('hex'));
  if (found !== blob.digest) throw otherHere(blob, found);
}

async function* partsOf({ from, sizeBytes }: Pick<NewBlob, 'from' | 'sizeBytes'>, { signal, onBytes }: TierCall): AsyncGenerator<Buffer> {
  const partBytes = partBytesOf(sizeBytes);
  try {
    const handle = await open(from, 'r');
    try {
      for (let at = 0; at < sizeBytes; at += partBytes) {
        signal.throwIfAborted();
        const body = Buffer.allocUnsafe(Math.min(partBytes, sizeBytes - at));
        const { bytesRead } = await handle.read(body, 0, body.length, at);
        onBytes?.(bytesRead);
        yield body.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw fsError(error, `read ${from}`);
  }
}
