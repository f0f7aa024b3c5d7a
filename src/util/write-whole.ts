import { writeSync } from 'node:fs';

/** All of the bytes: a single write on a volume that is nearly full puts down what fits, and fails only the next time. @throws as writeSync */
export function writeWhole(fd: number, bytes: Uint8Array, offset: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
}
