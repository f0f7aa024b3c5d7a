/** A file of random bytes, and what they hash to. */
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';

const CHUNK_BYTES = 16 * 1024 ** 2;

/** @returns its sha256 in hex */
export function makeRandomFile(path: string, sizeBytes: number): string {
  const hash = createHash('sha256');
  const fd = openSync(path, 'w');
  for (let done = 0; done < sizeBytes; done += CHUNK_BYTES) {
    const bytes = randomBytes(Math.min(CHUNK_BYTES, sizeBytes - done));
    hash.update(bytes);
    writeSync(fd, bytes);
  }
  closeSync(fd);
  return hash.digest('hex');
}
