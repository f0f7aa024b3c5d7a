/** Output without the stream that Node makes for a descriptor: to load what streams need takes longer than a short command's answer. */
import { fstatSync, writeSync } from 'node:fs';
import { isErrno } from '../domain/fs-error.ts';
import type { TextStream } from './io.ts';

/** Files, pipes and sockets (node's `pipe`) take text as it is; terminals are for the stream, and Windows has its own ideas of pipes. */
export function isDirect(fd: number): boolean {
  if (process.platform === 'win32') return false;
  const stats = fstatSync(fd);
  return stats.isFile() || stats.isFIFO() || stats.isSocket();
}

/** @param streamOf the stream of `fd`: called where a pipe that does not block is full, and used from then on */
export function directOutput(fd: number, streamOf: () => TextStream): TextStream {
  let stream: TextStream | undefined;
  return {
    write: (text) => {
      const rest = stream === undefined ? writeAtOnce(fd, Buffer.from(text)) : text;
      if (rest.length === 0) return;
      stream ??= streamOf();
      stream.write(rest);
    },
  };
}

/** @returns what did not fit; nothing where the reader has gone: whoever closed our output early has seen enough */
function writeAtOnce(fd: number, bytes: Uint8Array): Uint8Array {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(fd, bytes, written);
    return bytes.subarray(written);
  } catch (error) {
    if (isErrno(error, 'EAGAIN')) return bytes.subarray(written);
    if (isErrno(error, 'EPIPE')) return bytes.subarray(bytes.length);
    throw error;
  }
}
