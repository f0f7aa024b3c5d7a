/** The file, or the folder of parts, that a bundle is written into: at its end only, and again from where an earlier writer was cut off. */
import { closeSync, constants, openSync } from 'node:fs';
import { type FileHandle, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_PARTS, partName } from '../../backends/bundle/bundle-layout.ts';
import { ModelError } from '../../domain/errors.ts';
import { fsError, isErrno } from '../../domain/fs-error.ts';
import { syncDirectory } from '../../store/durable.ts';
import { makeFolders } from '../../util/make-folders.ts';

export interface SinkPlace {
  /** A file; with `partBytes` a folder. */
  readonly path: string;
  readonly partBytes?: number;
}

/** Windows has no such flag. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

/** Bytes are believed by nobody: whoever goes on reads what is held, and compares. */
export class BundleSink {
  readonly #place: SinkPlace;
  /** Open parts, by number from 0: a part stays open until the sink is closed, at most a few are. */
  #open: { readonly number: number; readonly handle: FileHandle } | undefined;
  #heldBytes: number;

  private constructor(place: SinkPlace, heldBytes: number) {
    this.#place = place;
    this.#heldBytes = heldBytes;
  }

  static async open(place: SinkPlace): Promise<BundleSink> {
    try {
      if (place.partBytes !== undefined) await makeFolders(place.path);
      return new BundleSink(place, await heldBytes(place));
    } catch (error) {
      throw fsError(error, `write ${place.path}`);
    }
  }

  /** From the first byte on, without a gap. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** At most as many bytes as one part has from there on. */
  async read(offset: number, length: number): Promise<Buffer> {
    const { number, at, room } = this.#locate(offset);
    const wanted = Math.min(length, room, this.#heldBytes - offset);
    const { bytesRead, buffer } = await (await this.#part(number)).read(Buffer.allocUnsafe(wanted), 0, wanted, at);
    return buffer.subarray(0, bytesRead);
  }

  async append(bytes: Buffer): Promise<void> {
    for (let from = 0; from < bytes.length; ) {
      const { number, at, room } = this.#locate(this.#heldBytes);
      if (number >= MAX_PARTS) throw tooManyParts();
      const { bytesWritten } = await (await this.#part(number)).write(bytes, from, Math.min(room, bytes.length - from), at);
      from += bytesWritten;
      this.#heldBytes += bytesWritten;
    }
  }

  /** What lies behind is not what must stand there. */
  async cutAt(offset: number): Promise<void> {
    await this.close();
    const { number, at } = this.#locate(offset);
    for (const extra of await partNumbers(this.#place)) if (extra > number) await rm(this.#pathOf(extra));
    await (await this.#part(number)).truncate(at);
    this.#heldBytes = offset;
  }

  /** Durable, and nobody writes any more. @returns paths of the parts, in order */
  async finish(): Promise<string[]> {
    await this.close();
    const count = this.#place.partBytes === undefined ? 1 : Math.ceil(this.#heldBytes / this.#place.partBytes);
    const paths = Array.from({ length: count }, (_, number) => this.#pathOf(number));
    for (const path of paths) {
      const handle = await open(path, constants.O_RDWR | NO_FOLLOW);
      try {
        await handle.sync();
      } catch (error) {
        // The kernel may call lost pages clean: whoever goes on must not read them and find them right.
        await handle.truncate(0);
        throw error;
      } finally {
        await handle.close();
      }
    }
    if (this.#place.partBytes !== undefined) await syncDirectory(this.#place.path);
    return paths;
  }

  async close(): Promise<void> {
    const opened = this.#open;
    this.#open = undefined;
    await opened?.handle.close();
  }

  async #part(number: number): Promise<FileHandle> {
    if (this.#open?.number === number) return this.#open.handle;
    await this.close();
    const path = this.#pathOf(number);
    // Made where it is not there, and never cut.
    closeSync(openSync(path, constants.O_WRONLY | constants.O_CREAT | NO_FOLLOW));
    const handle = await open(path, constants.O_RDWR | NO_FOLLOW);
    this.#open = { number, handle };
    return handle;
  }

  #pathOf(number: number): string {
    return this.#place.partBytes === undefined ? this.#place.path : join(this.#place.path, partName(number + 1));
  }

  #locate(offset: number): { readonly number: number; readonly at: number; readonly room: number } {
    const { partBytes } = this.#place;
    if (partBytes === undefined) return { number: 0, at: offset, room: Number.POSITIVE_INFINITY };
    const at = offset % partBytes;
    return { number: Math.floor(offset / partBytes), at, room: partBytes - at };
  }
}

async function heldBytes(place: SinkPlace): Promise<number> {
  const { path, partBytes } = place;
  if (partBytes === undefined) return sizeOf(path);
  let held = 0;
  for (let number = 0; ; number++) {
    const size = await sizeOf(join(path, partName(number + 1)));
    held += Math.min(size, partBytes);
    if (size < partBytes) return held;
  }
}

async function partNumbers({ path, partBytes }: SinkPlace): Promise<number[]> {
  if (partBytes === undefined) return [];
  const numbers = (await readdir(path)).map((name) => Number(/^wan-bundle\.tar\.(\d+)$/.exec(name)?.[1] ?? 0) - 1);
  return numbers.filter((number) => number >= 0);
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 0;
    throw error;
  }
}

const tooManyParts = (): ModelError =>
  new ModelError('INVALID_INPUT', `the bundle would have more than ${MAX_PARTS} parts`, {
    reason: 'too_many_parts',
    hint: 'make the parts larger with --part-size',
  });
