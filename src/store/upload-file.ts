/**
 * The file that receives the bytes of an upload, one after the other: what it has is what came. Whoever has it open holds the lock of its key.
 */
import { constants } from 'node:fs';
import { chmod, type FileHandle, open, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ModelError } from '../domain/errors.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import type { UploadFileRecord } from '../domain/uploads.ts';
import { bootId } from '../util/boot-id.ts';
import type { StoreContext } from './context.ts';
import { makeDirectory } from './durable.ts';
import { removePath } from './remove-path.ts';
import { readStatKey } from './stat-key.ts';
import { uploadKey } from './upload-records.ts';

export interface UploadPlace {
  readonly id: string;
  readonly index: number;
  readonly file: UploadFileRecord;
}

/** Of a machine that has started anew since, only what was synced counts. Changes nothing. */
export function receivedBytes(context: StoreContext, { id, index, file }: UploadPlace): number {
  const { size, offset, boot_id: noted } = file;
  const length = Math.min(size, readStatKey(uploadPath(context, id, index))?.sizeBytes ?? 0);
  return noted === bootId() || offset === 0 ? length : Math.min(length, offset);
}

export const uploadPath = ({ resolver }: StoreContext, id: string, index: number): string =>
  resolver.partialFile(uploadKey(id, index), id, 'part');

export class UploadFile {
  readonly path: string;
  readonly key: string;
  readonly sizeBytes: number;
  readonly #handle: FileHandle;
  #length: number;
  /** Up to where it survives a loss of power. */
  #syncedLength: number;
  /** Of the cut after a failed fsync: the file is gone then, and this opening leads to nothing that anybody would find. */
  #failure: ModelError | undefined;

  private constructor(place: UploadPlace, { path, handle, length }: { path: string; handle: FileHandle; length: number }) {
    this.path = path;
    this.key = uploadKey(place.id, place.index);
    this.sizeBytes = place.file.size;
    this.#handle = handle;
    this.#length = length;
    this.#syncedLength = Math.min(length, place.file.offset);
  }

  /** Under the lock of its key. */
  static async open(context: StoreContext, place: UploadPlace): Promise<UploadFile> {
    const path = uploadPath(context, place.id, place.index);
    try {
      const length = receivedBytes(context, place);
      await makeDirectory(context, dirname(path));
      const handle = await openWritable(path);
      await handle.truncate(length);
      return new UploadFile(place, { path, handle, length });
    } catch (error) {
      throw fsError(error, `open ${path}`);
    }
  }

  get length(): number {
    return this.#length;
  }

  async append(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, this.#length);
        done += bytesWritten;
        this.#length += bytesWritten;
      }
    } catch (error) {
      throw fsError(error, `write ${this.path}`);
    }
  }

  /** What was appended survives a loss of power. */
  async sync(): Promise<void> {
    const length = this.#length;
    await this.#cutOnFailure(() => this.#handle.datasync());
    this.#syncedLength = length;
  }

  /** Before its bytes become a blob. */
  seal(mode: number): Promise<void> {
    return this.#cutOnFailure(async () => {
      await this.#handle.chmod(mode);
      await this.#handle.sync();
    });
  }

  /** After a failed fsync the kernel may call lost pages clean: what came since the last good one comes again. */
  async #cutOnFailure(fsyncing: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      await fsyncing();
    } catch (error) {
      const failure = fsError(error, `fsync ${this.path}`);
      this.#length = this.#syncedLength;
      await this.#handle.truncate(this.#length).catch(() => this.#lose(failure));
      throw failure;
    }
  }

  #lose(failure: ModelError): Promise<void> {
    this.#failure = failure;
    this.#length = 0;
    return removePath(this.path);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  /** Closes it, and removes what is left of it. */
  async discard(): Promise<void> {
    await this.close();
    await removeUploadFile(this.path);
  }
}

async function openWritable(path: string): Promise<FileHandle> {
  const flags = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
  try {
    return await open(path, flags, 0o644);
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EPERM')) throw error;
    // A commit that died before its rename had made it read-only.
    await chmod(path, 0o644);
    return open(path, flags, 0o644);
  }
}

/** Under the lock of its key. */
export async function removeUploadFile(path: string): Promise<void> {
  await removePath(path);
  try {
    await rmdir(dirname(path));
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) throw fsError(error, `remove ${dirname(path)}`);
  }
}
