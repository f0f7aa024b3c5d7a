/**
 * What a lock file says of its holder: JSON of a fixed width with its CRC-32 at the end, at the file's start. Nothing
 * depends on it but what waiters are told: who holds the lock is the kernel's to say. A record that does not check (torn,
 * garbage, of a dead holder cut short) is no record.
 */
import { closeSync, constants, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { LockHolder } from '../domain/events.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';

export const RECORD_BYTES = 1024;
/** ` crc32=xxxxxxxx\n` */
const TAIL_BYTES = 16;
const JSON_BYTES = RECORD_BYTES - TAIL_BYTES;
/** `doing` is cut to this, so that the record never outgrows its width. */
const MAX_DOING = 200;
const MAX_HOST = 255;

export function encodeHolder(holder: LockHolder): Buffer {
  const json = JSON.stringify({ ...holder, host: holder.host.slice(0, MAX_HOST), doing: holder.doing.slice(0, MAX_DOING) });
  const body = Buffer.alloc(JSON_BYTES, ' ');
  if (Buffer.byteLength(json) <= JSON_BYTES) body.write(json);
  return Buffer.concat([body, Buffer.from(` crc32=${checksum(body)}\n`)]);
}

export function decodeHolder(bytes: Buffer): LockHolder | undefined {
  if (bytes.length < RECORD_BYTES) return undefined;
  const body = bytes.subarray(0, JSON_BYTES);
  if (bytes.toString('latin1', JSON_BYTES, RECORD_BYTES) !== ` crc32=${checksum(body)}\n`) return undefined;
  try {
    const value: unknown = JSON.parse(body.toString());
    return isHolder(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** One write of the whole width, so a reader sees the old or the new record, or one that does not check. */
export function writeHolder(fd: number, holder: LockHolder): void {
  writeSync(fd, encodeHolder(holder), 0, RECORD_BYTES, 0);
}

/** What the file says, whether or not the holder lives; undefined where there is no file or no valid record. */
export function readHolderAt(path: string): LockHolder | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw fsError(error, `read the lock file ${path}`);
  }
  try {
    const bytes = Buffer.alloc(RECORD_BYTES);
    return decodeHolder(bytes.subarray(0, readSync(fd, bytes, 0, RECORD_BYTES, 0)));
  } finally {
    closeSync(fd);
  }
}

export const clearHolder = (fd: number): void => ftruncateSync(fd, 0);

const checksum = (body: Buffer): string => crc32(body).toString(16).padStart(8, '0');

function isHolder(value: unknown): value is LockHolder {
  const holder = value as Partial<LockHolder> | null;
  return (
    typeof holder?.pid === 'number' &&
    typeof holder.host === 'string' &&
    typeof holder.since === 'string' &&
    typeof holder.doing === 'string'
  );
}
