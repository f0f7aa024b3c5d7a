/** The bytes of an open file as a stream, read through the pool: a file system that hangs takes one of its threads, and not the caller's. */
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ModelError } from '../domain/errors.ts';

export interface OpenedAt {
  readonly handle: FileHandle;
  readonly path: string;
}

/** `end` is left out of it. */
export interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

const CHUNK_BYTES = 256 * 1024;

/** Closes the file when it ends or is destroyed, after the read that is under way; fails where the file has become shorter. */
export const fileStream = (opened: OpenedAt, span: ByteSpan): Readable =>
  Readable.from(bytesOf(opened, span), { objectMode: false }).once('close', () => void closed(opened));

/** What was only read loses nothing by a close that fails. One that was passed on to another thread is closed by that alone. */
export const closed = ({ handle }: Pick<OpenedAt, 'handle'>): Promise<void> => handle.close().catch(() => undefined);

/** All of them, or an error: whoever was told a length must not wait for what was cut off meanwhile, or take what comes next for it. */
async function* bytesOf({ handle, path }: OpenedAt, { start, end }: ByteSpan): AsyncGenerator<Buffer> {
  for (let at = start; at < end; ) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - at)), { position: at });
    if (bytesRead === 0) throw new ModelError('CONCURRENT_MODIFICATION', `${path} was cut off while it was read`, { details: { path } });
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
