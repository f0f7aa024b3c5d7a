/** Whether a file is worth compressing, told by samples of it: most weights are not. */
import { open } from 'node:fs/promises';
import { fsError } from '../domain/fs-error.ts';
import { compress } from './seekable-zstd.ts';

const SAMPLES = 8;
const SAMPLE_BYTES = 1024 * 1024;
/** What is gained at least: less is not worth the decoding. */
export const MIN_GAIN = 0.05;

/** The share of its bytes that compression would save, by at most 8 MiB of it, evenly spread. */
export async function sampledGain(path: string, sizeBytes: number): Promise<number> {
  if (sizeBytes === 0) return 0;
  const length = Math.min(SAMPLE_BYTES, sizeBytes);
  const count = Math.min(SAMPLES, Math.ceil(sizeBytes / SAMPLE_BYTES));
  const step = count === 1 ? 0 : Math.floor((sizeBytes - length) / (count - 1));
  let [read, stored] = [0, 0];
  try {
    const handle = await open(path, 'r');
    try {
      for (let index = 0; index < count; index++) {
        const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, index * step);
        read += bytesRead;
        stored += (await compress(buffer.subarray(0, bytesRead))).length;
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fsError(error, `read ${path}`);
  }
  return read === 0 ? 0 : 1 - stored / read;
}
