/** A file goes into a bucket, in parts where it is large, and on from where it was cut short; what the service then says of it is what it itself summed. */
import { createHash, hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { S3Objects } from '../backends/s3/s3-objects.ts';
import { sumOf, sumOfSums } from '../backends/s3/s3-sums.ts';
import type { KeptPart, S3Uploads, UploadedPart } from '../backends/s3/s3-uploads.ts';
import { type Sha256, sha256Of } from '../domain/digest.ts';
import { isModelError } from '../domain/errors.ts';
import { fsError } from '../domain/fs-error.ts';
import { inOrder } from '../util/in-order.ts';
import { otherHere } from './tier-errors.ts';
import type { NewBlob, TierCall } from './tier-place.ts';

const MIB = 1024 * 1024;
const MIN_PART_BYTES = 8 * MIB;
/** The service takes 10,000. */
const MAX_PARTS = 9000;
const PARTS_AT_ONCE = 4;

export interface UploadBucket {
  readonly objects: S3Objects;
  readonly uploads: S3Uploads;
}

export interface Upload {
  readonly blob: NewBlob;
  readonly key: string;
  readonly memoryBudgetBytes: number;
  readonly call: TierCall;
}

/** The same for the same size, so that a sum can be made again later. */
const partBytesOf = (sizeBytes: number): number => Math.max(MIN_PART_BYTES, Math.ceil(sizeBytes / MAX_PARTS / MIB) * MIB);

/** @returns the sum that the service must have. @throws ModelError CHECKSUM_FAIL where the file here is not what it should be */
export async function upload(bucket: UploadBucket, request: Upload): Promise<string> {
  const { sizeBytes } = request.blob;
  return sizeBytes <= partBytesOf(sizeBytes) ? uploadWhole(bucket, request) : uploadParts(bucket, request);
}

async function uploadWhole({ objects }: UploadBucket, { blob, key, call }: Upload): Promise<string> {
  const [body = Buffer.alloc(0)] = await Array.fromAsync(partsOf(blob, call));
  const found = sha256Of(hash('sha256', body));
  if (found !== blob.digest) throw otherHere(blob, found);
  await objects.put(key, body, { signal: call.signal });
  return sumOf(body);
}

/** An upload, and what the service has of it. */
interface Begun {
  readonly id: string;
  readonly kept: ReadonlyMap<number, KeptPart>;
}

/** What was cut short stays for the next time: nobody else can tell whether it is of use. */
async function uploadParts({ uploads }: UploadBucket, request: Upload): Promise<string> {
  const { key, call } = request;
  const anew = async (): Promise<Begun> => ({ id: await uploads.begin(key, call.signal), kept: new Map() });
  try {
    return await sendParts(uploads, request, (await keptUpload(uploads, key, call.signal)) ?? (await anew()));
  } catch (error) {
    // Another machine was at the same blob, and has ended it; or it was old, and cleared away.
    if (!isModelError(error) || error.reason !== 'upload_gone') throw error;
    return sendParts(uploads, request, await anew());
  }
}

/** The newest that has parts. Undefined, too, where these keys may not ask. */
async function keptUpload(uploads: S3Uploads, key: string, signal: AbortSignal): Promise<Begun | undefined> {
  try {
    const open = (await uploads.open(key, signal)).filter((one) => one.key === key).toSorted((a, b) => b.begunMs - a.begunMs);
    for (const { id } of open) {
      const kept = await uploads.parts(key, id, signal);
      if (kept.size > 0) return { id, kept };
    }
    return undefined;
  } catch (error) {
    if (isModelError(error) && (error.reason === 'access_denied' || error.reason === 'upload_gone')) return undefined;
    throw error;
  }
}

/** What the service has and is as it is here is not sent again. */
async function sendParts(uploads: S3Uploads, { blob, key, call, memoryBudgetBytes }: Upload, { id, kept }: Begun): Promise<string> {
  const { signal } = call;
  const hasher = createHash('sha256');
  let part = 0;
  const numbered = async function* () {
    for await (const body of partsOf(blob, call)) {
      hasher.update(body);
      part += 1;
      yield { id, part, body };
    }
  };
  const send = async (one: { readonly id: string; readonly part: number; readonly body: Buffer }): Promise<UploadedPart> => {
    const there = kept.get(one.part);
    const isThere = there?.sizeBytes === one.body.length && there.checksum === sumOf(one.body);
    return isThere ? there : uploads.putPart(key, one, signal);
  };
  const atOnce = Math.max(1, Math.min(PARTS_AT_ONCE, Math.floor(memoryBudgetBytes / partBytesOf(blob.sizeBytes)) - 1));
  const parts: UploadedPart[] = [];
  for await (const sent of inOrder(numbered(), atOnce, send)) parts.push(sent);
  const found = sha256Of(hasher.digest('hex'));
  if (found !== blob.digest) {
    // Where that fails it is cleared away as what nobody ended: the bytes here are the news.
    await uploads.abort(key, id, AbortSignal.timeout(10_000)).catch(() => undefined);
    throw otherHere(blob, found);
  }
  await uploads.end(key, { id, parts }, signal);
  return sumOfSums(parts.map(({ checksum }) => checksum));
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
