import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type Sha256, sha256Of } from '../domain/digest.ts';
import { fsError } from '../domain/fs-error.ts';
import type { TierCall } from './tier-place.ts';

const CHUNK_BYTES = 1024 * 1024;

/** Chunks of a file; what fails is told with its path. */
export async function* chunksOf(path: string, { signal, onBytes }: TierCall): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES, signal })) {
      yield chunk as Buffer;
      onBytes?.((chunk as Buffer).length);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw fsError(error, `read ${path}`);
  }
}

export interface Hashed {
  readonly sha256: Sha256;
  readonly sizeBytes: number;
}

/** The digest of bytes that pass by. */
export async function hashOf(chunks: AsyncIterable<Uint8Array>, use?: (chunk: Uint8Array) => Promise<void>): Promise<Hashed> {
  const hasher = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    hasher.update(chunk);
    sizeBytes += chunk.length;
    await use?.(chunk);
  }
  return { sha256: sha256Of(hasher.digest('hex')), sizeBytes };
}
