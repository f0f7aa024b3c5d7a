import { chmodSync, closeSync, openSync, readSync, statSync, utimesSync, writeSync } from 'node:fs';

/** One bit, in place, with size and times as they were: what a failing disk does. */
export function flipBit(path: string, offset: number): void {
  const { mode, atime, mtime } = statSync(path);
  chmodSync(path, 0o644);
  const fd = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, offset);
  writeSync(fd, Buffer.of((byte[0] ?? 0) ^ 1), 0, 1, offset);
  closeSync(fd);
  utimesSync(path, atime, mtime);
  chmodSync(path, mode & 0o777);
}
