import type { FileHandle } from 'node:fs/promises';
import { throwIfCancelled } from '../../domain/cancelled.ts';
import { fsError } from '../../domain/fs-error.ts';
import { validatorChanged } from '../file-faults.ts';
import { openFile, validatorOf } from './open-file.ts';

const CHUNK_BYTES = 1024 * 1024;

export interface LocalRange {
  readonly path: string;
  /** What the file must be, before the first byte and after the last. */
  readonly validator: string;
  readonly offset: number;
  /** Exclusive. */
  readonly end: number;
  readonly signal: AbortSignal;
}

/** The file is open from the first step to the last. @throws ModelError DRIFT when the file was written to meanwhile. */
export async function* readRange(range: LocalRange): AsyncGenerator<Uint8Array> {
  throwIfCancelled(range.signal, `reading ${range.path}`);
  const { handle } = await openFile(range.path);
  try {
    await checkUnchanged(handle, range);
    yield* chunksOf(handle, range);
    await checkUnchanged(handle, range);
  } catch (error) {
    throw fsError(error, `read ${range.path}`);
  } finally {
    await handle.close();
  }
}

async function* chunksOf(handle: FileHandle, { path, offset, end, signal }: LocalRange): AsyncGenerator<Uint8Array> {
  for (let position = offset; position < end; ) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - position)), 0, null, position);
    throwIfCancelled(signal, `reading ${path}`);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function checkUnchanged(handle: FileHandle, { path, validator }: LocalRange): Promise<void> {
  const now = validatorOf(await handle.stat({ bigint: true }));
  if (now !== validator) throw validatorChanged(path, validator, now);
}
