/**
 * Zstandard in frames of 4 MiB of plaintext each, with a seek table at the end (zstd's "seekable format", which `zstd -d` reads as any
 * other): frames are made and read on several cores, and a range costs only its own frames.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { ModelError } from '../domain/errors.ts';
import { fsError } from '../domain/fs-error.ts';
import { inOrder } from '../util/in-order.ts';

export const FRAME_BYTES = 4 * 1024 * 1024;

export interface Frame {
  /** Where it begins in the file, and how long it is there. */
  readonly at: number;
  readonly storedBytes: number;
  /** Where its bytes begin in the plaintext, and how many they are. */
  readonly offset: number;
  readonly sizeBytes: number;
}

export interface SeekTable {
  readonly frames: readonly Frame[];
  /** Of the plaintext. */
  readonly sizeBytes: number;
  /** Of the file. */
  readonly storedBytes: number;
}

const SKIPPABLE = 0x184d2a5e;
const SEEKABLE = 0x8f92eab1;
const HEAD_BYTES = 8;
const ENTRY_BYTES = 8;
const FOOT_BYTES = 9;
/** Of 16 TiB. */
const MAX_FRAMES = 1 << 22;
const LEVEL = 3;

const compressFrame = promisify(zstdCompress);
const decompressFrame = promisify(zstdDecompress);

/** One frame, with a checksum of its own. */
export const compress = (plain: Uint8Array): Promise<Buffer> =>
  compressFrame(plain, { params: { [constants.ZSTD_c_compressionLevel]: LEVEL, [constants.ZSTD_c_checksumFlag]: 1 } });

/**
 * Writes the plaintext, handed over in frames, and the table behind them.
 * @param atOnce frames in work: each holds twice its size
 * @returns bytes written
 */
export async function writeFrames(plain: AsyncIterable<Uint8Array>, handle: FileHandle, atOnce: number): Promise<number> {
  const entries: Buffer[] = [];
  let storedBytes = 0;
  const work = async (frame: Uint8Array) => ({ sizeBytes: frame.length, stored: await compress(frame) });
  for await (const { sizeBytes, stored } of inOrder(plain, atOnce, work)) {
    const entry = Buffer.alloc(ENTRY_BYTES);
    entry.writeUInt32LE(stored.length, 0);
    entry.writeUInt32LE(sizeBytes, 4);
    entries.push(entry);
    await handle.writeFile(stored);
    storedBytes += stored.length;
  }
  const table = tableOf(entries);
  await handle.writeFile(table);
  return storedBytes + table.length;
}

function tableOf(entries: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(SKIPPABLE, 0);
  head.writeUInt32LE(entries.length * ENTRY_BYTES + FOOT_BYTES, 4);
  const foot = Buffer.alloc(FOOT_BYTES);
  foot.writeUInt32LE(entries.length, 0);
  foot.writeUInt32LE(SEEKABLE, 5);
  return Buffer.concat([head, ...entries, foot]);
}

/** @throws ModelError FORMAT_INVALID where the file is no such one, or was cut */
export async function readSeekTable(path: string): Promise<SeekTable> {
  try {
    const handle = await open(path, 'r');
    try {
      return await tableIn(path, handle);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fsError(error, `read ${path}`);
  }
}

async function tableIn(path: string, handle: FileHandle): Promise<SeekTable> {
  const { size: storedBytes } = await handle.stat();
  const foot = await bytesAt(handle, Math.max(0, storedBytes - FOOT_BYTES), FOOT_BYTES);
  if (foot.length < FOOT_BYTES || foot.readUInt32LE(5) !== SEEKABLE) throw notSeekable(path, 'it does not end with a seek table');
  const count = foot.readUInt32LE(0);
  const tableBytes = HEAD_BYTES + count * ENTRY_BYTES + FOOT_BYTES;
  if (count > MAX_FRAMES || tableBytes > storedBytes) throw notSeekable(path, `its table tells of ${count} frames`);
  const entries = await bytesAt(handle, storedBytes - tableBytes + HEAD_BYTES, count * ENTRY_BYTES);
  const frames: Frame[] = [];
  let [at, offset] = [0, 0];
  for (let index = 0; index < count; index++) {
    const stored = entries.readUInt32LE(index * ENTRY_BYTES);
    const sizeBytes = entries.readUInt32LE(index * ENTRY_BYTES + 4);
    if (sizeBytes > FRAME_BYTES) throw notSeekable(path, `frame ${index} has ${sizeBytes} bytes`);
    frames.push({ at, storedBytes: stored, offset, sizeBytes });
    at += stored;
    offset += sizeBytes;
  }
  if (at + tableBytes !== storedBytes) throw notSeekable(path, 'its table does not match its length');
  return { frames, sizeBytes: offset, storedBytes };
}

export interface PlainRange {
  /** Of the plaintext. */
  readonly offset: number;
  readonly end: number;
  readonly atOnce: number;
  readonly signal: AbortSignal;
}

/** The plaintext of a range. @throws ModelError CHECKSUM_FAIL where a frame does not decode */
export async function* plainBytes(path: string, { frames }: SeekTable, range: PlainRange): AsyncGenerator<Buffer> {
  const { offset, end, atOnce, signal } = range;
  const wanted = frames.filter((frame) => frame.offset < end && frame.offset + frame.sizeBytes > offset);
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw fsError(error, `read ${path}`);
  });
  try {
    const decode = async (frame: Frame) => ({ frame, plain: await decoded(path, handle, frame) });
    for await (const { frame, plain } of inOrder(wanted, atOnce, decode)) {
      signal.throwIfAborted();
      yield plain.subarray(Math.max(0, offset - frame.offset), Math.min(plain.length, end - frame.offset));
    }
  } finally {
    await handle.close();
  }
}

async function decoded(path: string, handle: FileHandle, frame: Frame): Promise<Buffer> {
  const stored = await bytesAt(handle, frame.at, frame.storedBytes);
  try {
    // A bomb is stopped where it passes what the table says.
    const plain = await decompressFrame(stored, { maxOutputLength: Math.max(1, frame.sizeBytes) });
    if (plain.length === frame.sizeBytes) return plain;
  } catch (error) {
    if (!/^ZSTD_|^ERR_|^Z_/.test(String((error as { code?: unknown }).code))) throw fsError(error, `decode ${path}`);
  }
  throw new ModelError('CHECKSUM_FAIL', `${path} does not decode from byte ${frame.at} on`, {
    reason: 'tier_blob_bad',
    details: { path, offset: frame.at },
  });
}

async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

const notSeekable = (path: string, why: string): ModelError =>
  new ModelError('FORMAT_INVALID', `${path} is no compressed blob: ${why}`, { reason: 'tier_blob_bad', details: { path } });
