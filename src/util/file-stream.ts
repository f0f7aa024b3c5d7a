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

/** By which calls of the file system are made: it may have them wait for each other. */
export type Calling = <T>(call: () => Promise<T>) => Promise<T>;

const CHUNK_BYTES = 256 * 1024;
const AT_ONCE: Calling = (call) => call();

/** Closes the file when it ends or is destroyed, after the read that is under way; fails where the file has become shorter. */
export const fileStream = (opened: OpenedAt, span: ByteSpan, calling = AT_ONCE): Readable =>
  Readable.from(bytesOf(opened, span, calling), { objectMode: false }).once('close', () => void calling(() => closed(opened)));

/** What was only read loses nothing by a close that fails. One that was passed on to another thread is closed by that alone. */
export const closed = ({ handle }: Pick<OpenedAt, 'handle'>): Promise<void> => handle.close().catch(() => undefined);

/** All of them, or an error: whoever was told a length must not wait for what was cut off meanwhile, or take what comes next for it. */
async function* bytesOf({ handle, path }: OpenedAt, { start, end }: ByteSpan, calling: Calling): AsyncGenerator<Buffer> {
  for (let at = start; at < end; ) {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - at));
    const position = at;
    const bytesRead = await calling(async () => (await handle.read(buffer, { position })).bytesRead);
    if (bytesRead === 0) throw new ModelError('CONCURRENT_MODIFICATION', `${path} was cut off while it was read`, { details: { path } });
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
