/** Reads and writes entries: a damaged one goes, a new one has room made for it. */
import { readFile, utimes } from 'node:fs/promises';
import { ModelError } from '../../domain/errors.ts';
import { fsError, isErrno } from '../../domain/fs-error.ts';
import type { Clock, Random } from '../../domain/world.ts';
import type { Lease } from '../../locks/lease.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import type { EmbeddingTensors } from './embedding.ts';
import type { EntryName } from './embedding-key.ts';
import { decodeEntry, encodeEntry } from './entry-file.ts';
import { entryPath, makeRoom, remove } from './entry-folder.ts';
import { makeCacheFolder, writeEntry } from './write-entry.ts';

export interface EntryStoreOptions {
  readonly directory: string;
  readonly maxBytes: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly warn: (message: string) => void;
  /** Held by one writer at a time, so that the bound is kept; undefined where it cannot be had. */
  readonly lock: () => Promise<Lease | undefined>;
}

export class EntryStore {
  readonly #options: EntryStoreOptions;

  constructor(options: EntryStoreOptions) {
    this.#options = options;
  }

  /** @throws ModelError PERMISSION_DENIED, FILESYSTEM_ERROR */
  async read({ id }: EntryName): Promise<EmbeddingTensors | undefined> {
    const path = entryPath(this.#options.directory, id);
    const file = await readOrNothing(path);
    const tensors = file && (await this.#decode(id, file));
    if (tensors !== undefined) await touch(path, this.#options.clock.now());
    return tensors;
  }

  /**
   * @returns false where there is no room for it
   * @throws ModelError INVALID_INPUT, NO_SPACE, PERMISSION_DENIED, READ_ONLY, FILESYSTEM_ERROR
   */
  async write(name: EntryName, tensors: EmbeddingTensors): Promise<boolean> {
    const { directory, maxBytes, clock, random, warn, lock } = this.#options;
    const bytes = await encodeEntry(name, tensors);
    if (maxBytes === 0) return false;
    await makeCacheFolder(directory);
    await using _lease = await lock();
    const hasRoom = bytes.length <= maxBytes && (await makeRoom(directory, { neededBytes: bytes.length, maxBytes, nowMs: clock.now() }));
    if (hasRoom) await writeEntry(directory, { id: name.id, bytes, unique: random.uuid() });
    else warn(`a text embedding of ${formatBytes(bytes.length)} is not kept: the cache may have ${formatBytes(maxBytes)}`);
    return hasRoom;
  }

  async #decode(id: string, file: Buffer): Promise<EmbeddingTensors | undefined> {
    try {
      return await decodeEntry(id, file);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      this.#options.warn(`the text embedding ${id} is damaged and was removed: ${error.message}`);
      await remove(entryPath(this.#options.directory, id));
      return undefined;
    }
  }
}

async function readOrNothing(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw fsError(error, `read the text embedding ${path}`);
  }
}

/** Its last use. Where that cannot be written (another's file, a volume that is read-only) the entry goes a little earlier. */
async function touch(path: string, nowMs: number): Promise<void> {
  try {
    await utimes(path, nowMs / 1000, nowMs / 1000);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'EPERM', 'EACCES', 'EROFS')) throw fsError(error, `note the use of ${path}`);
  }
}
