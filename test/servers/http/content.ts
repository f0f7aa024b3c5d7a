/** What a FaultServer serves: bytes readable at any offset, made on demand, so that 20 GB need no disk. */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export interface Content {
  readonly sizeBytes: number;
  /** Served as the ETag, without its quotes: other bytes, other tag. */
  readonly tag: string;
  read(offset: number, length: number): Uint8Array;
}

const PERIOD = 1 << 20;
const STAMP_EVERY = 4096;

/** `sizeBytes` pseudo-random bytes; equal arguments give equal bytes, and no two 4 KiB blocks of one content are equal. */
export function seeded(sizeBytes: number, seed: number): Content {
  const noise = noiseBlock(seed);
  return { sizeBytes, tag: `seed-${seed}-${sizeBytes}`, read: (offset, length) => stamp(repeat(noise, offset, length), offset) };
}

export function literal(bytes: Uint8Array | string): Content {
  const buffer = Buffer.from(bytes);
  const tag = createHash('sha256').update(buffer).digest('hex').slice(0, 16);
  return { sizeBytes: buffer.length, tag, read: (offset, length) => buffer.subarray(offset, offset + length) };
}

/** A file on disk, opened anew for every read: it may change between two requests. */
export function onDisk(path: string): Content {
  const { size, mtimeMs } = withFile(path, (fd) => fstatSync(fd));
  return {
    sizeBytes: size,
    tag: `${size.toString(16)}-${mtimeMs.toString(16)}`,
    read: (offset, length) =>
      withFile(path, (fd) => {
        const buffer = Buffer.alloc(length);
        return buffer.subarray(0, readSync(fd, buffer, 0, length, offset));
      }),
  };
}

/** The content with every byte of [offset, offset + length) inverted, under the same tag: a source that lies. */
export function inverted(content: Content, offset: number, length: number): Content {
  return {
    ...content,
    read: (from, count) =>
      content.read(from, count).map((byte, at) => (from + at >= offset && from + at < offset + length ? byte ^ 0xff : byte)),
  };
}

/** Lower-case hex sha256 of the whole content. */
export function sha256Hex(content: Content): string {
  const hash = createHash('sha256');
  for (let offset = 0; offset < content.sizeBytes; offset += PERIOD)
    hash.update(content.read(offset, Math.min(PERIOD, content.sizeBytes - offset)));
  return hash.digest('hex');
}

/** xorshift32: chance for tests, not for secrets. */
function noiseBlock(seed: number): Buffer {
  const words = new Uint32Array(PERIOD / 4);
  let state = (seed + 1) * 0x9e3779b1;
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return Buffer.from(words.buffer);
}

function repeat(noise: Buffer, offset: number, length: number): Buffer {
  const out = Buffer.allocUnsafe(length);
  for (let done = 0; done < length; ) done += noise.copy(out, done, (offset + done) % PERIOD);
  return out;
}

/** Writes its block number over the first bytes of every block, so that a misplaced block can never pass for another. */
function stamp(bytes: Buffer, offset: number): Buffer {
  const firstBlock = Math.floor(offset / STAMP_EVERY);
  const lastBlock = Math.floor((offset + bytes.length - 1) / STAMP_EVERY);
  for (let block = firstBlock; block <= lastBlock; block++) {
    const mark = Buffer.alloc(8);
    mark.writeBigUInt64LE((BigInt(block) * 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn);
    for (let at = 0; at < 8; at++) {
      const position = block * STAMP_EVERY + at - offset;
      if (position >= 0 && position < bytes.length) bytes[position] = mark[at] ?? 0;
    }
  }
  return bytes;
}

function withFile<Result>(path: string, use: (fd: number) => Result): Result {
  const fd = openSync(path, 'r');
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}
