/** Finding, adopting and making partials: see docs/store-format.md, "Partials". */
import { chmodSync, closeSync, constants, existsSync, fstatSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { fsError, isErrno } from '../domain/fs-error.ts';
import { type LockedFile, openLocked } from '../locks/locked-file.ts';
import { bootId } from '../util/boot-id.ts';
import type { StoreContext } from './context.ts';
import { makeDirectory } from './durable.ts';
import { listNames } from './list-names.ts';
import { OpenPartial } from './open-partial.ts';
import type { PartialBlob } from './partial-blob.ts';
import { type DecodedMap, decodeMap, newHeader, type PartialShape } from './partial-map.ts';
import { PieceMap, pieceCount } from './piece-map.ts';
import { removePath } from './remove-path.ts';
import { readStatKey } from './stat-key.ts';

export interface PartialRequest extends PartialShape {
  /** Begin anew: what is held here is not wanted. */
  readonly fresh?: boolean;
}

export class Partials {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  /** Takes over a dead writer's partial, else makes one. Call under the key's lock. */
  async open(request: PartialRequest): Promise<PartialBlob> {
    for (const uuid of this.#uuids(request.key)) {
      const adopted = await this.#adopt(uuid, request);
      if (adopted !== undefined) return adopted;
    }
    return this.#create(this.#context.random.uuid(), request);
  }

  /** Bytes held for a key, by the fullest of its partials. Changes nothing. */
  heldBytes(shape: PartialShape): number {
    let held = 0;
    for (const uuid of this.#uuids(shape.key)) held = Math.max(held, this.#heldIn(uuid, shape));
    return held;
  }

  /** Whether there is anything to remove, be it an empty folder. */
  exist(key: string): boolean {
    return existsSync(this.#context.resolver.partialDir(key));
  }

  /** Whether there is a partial that somebody owns, or may take over. */
  hasMaps(key: string): boolean {
    return this.#uuids(key).length > 0;
  }

  /** Removes what dead writers left of a key that needs no partial any more. Call under the key's lock. */
  async removeAll(key: string): Promise<void> {
    for (const uuid of this.#uuids(key)) {
      using lock = await openLocked(this.#file(key, uuid, 'map'), { create: false });
      if (lock !== undefined) await this.#remove(key, uuid);
    }
    await this.#removeFolder(key);
  }

  async #adopt(uuid: string, request: PartialRequest): Promise<PartialBlob | undefined> {
    // Under the key's lock a living writer is none but where locks do not lock: whoever only looks at the map must not cost a download.
    const lock = await openLocked(this.#file(request.key, uuid, 'map'), { create: false, isOurs: true });
    if (lock === undefined) return undefined;
    try {
      const partial = request.fresh ? undefined : this.#reopen(uuid, request, lock);
      if (partial !== undefined) return partial;
      await this.#remove(request.key, uuid);
    } catch (error) {
      lock.close();
      throw error;
    }
    lock.close();
    return undefined;
  }

  #reopen(uuid: string, request: PartialRequest, lock: LockedFile): OpenPartial | undefined {
    const map = this.#readMap(uuid, request);
    const fd = map && openData(this.#file(request.key, uuid, 'part'), request.sizeBytes);
    if (map === undefined || fd === undefined) return undefined;
    return this.#written(this.#opened(uuid, { lock, fd, ...map }));
  }

  /** Whose map is durable; closed again where that fails. */
  #written(partial: OpenPartial): OpenPartial {
    try {
      partial.writeMap();
      return partial;
    } catch (error) {
      closeSync(partial.fd);
      throw error;
    }
  }

  async #create(uuid: string, request: PartialRequest): Promise<PartialBlob> {
    await makeDirectory(this.#context, this.#context.resolver.partialDir(request.key));
    const path = this.#file(request.key, uuid, 'map');
    const lock = await openLocked(path, { create: true });
    if (lock === undefined) throw new Error(`a new partial is held by another process: ${path}`);
    try {
      const fd = makeData(this.#file(request.key, uuid, 'part'), request.sizeBytes);
      const marks = new SharedArrayBuffer(pieceCount(request.sizeBytes, request.pieceBytes));
      ftruncateSync(lock.fd, 0);
      return this.#written(this.#opened(uuid, { lock, fd, header: newHeader(request, bootId()), marks }));
    } catch (error) {
      using _lock = lock;
      await this.#remove(request.key, uuid);
      throw fsError(error, `make a partial of ${request.key}`);
    }
  }

  #opened(uuid: string, parts: DecodedMap & { readonly lock: LockedFile; readonly fd: number }): OpenPartial {
    const { key } = parts.header;
    return new OpenPartial({ ...parts, path: this.#file(key, uuid, 'part'), remove: () => this.#remove(key, uuid) });
  }

  #heldIn(uuid: string, shape: PartialShape): number {
    const map = this.#readMap(uuid, shape);
    // A writer that died right after its data had become a blob left the map alone.
    if (map === undefined || readStatKey(this.#file(shape.key, uuid, 'part'))?.sizeBytes !== shape.sizeBytes) return 0;
    return new PieceMap({ marks: map.marks, fd: -1, fileOffset: 0, pieceBytes: shape.pieceBytes, sizeBytes: shape.sizeBytes }).heldBytes();
  }

  #readMap(uuid: string, shape: PartialShape): DecodedMap | undefined {
    const path = this.#file(shape.key, uuid, 'map');
    try {
      return decodeMap(readFileSync(path), shape, bootId());
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw fsError(error, `read ${path}`);
    }
  }

  /** Data first: a map without data is debris, data without a map would have no owner. */
  async #remove(key: string, uuid: string): Promise<void> {
    await removePath(this.#file(key, uuid, 'part'));
    await removePath(this.#file(key, uuid, 'map'));
    await this.#removeFolder(key);
  }

  /** Left to whoever still has a partial in it. */
  async #removeFolder(key: string): Promise<void> {
    try {
      await rmdir(this.#context.resolver.partialDir(key));
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) throw fsError(error, `remove the partials of ${key}`);
    }
  }

  #uuids(key: string): string[] {
    const maps = listNames(this.#context.resolver.partialDir(key)).filter((name) => name.endsWith('.map'));
    return maps.map((name) => name.slice(0, -'.map'.length));
  }

  #file(key: string, uuid: string, kind: 'map' | 'part'): string {
    return this.#context.resolver.partialFile(key, uuid, kind);
  }
}

function makeData(path: string, sizeBytes: number): number {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o644);
  try {
    ftruncateSync(fd, sizeBytes);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Undefined when it is gone, or of another size than its map says. */
function openData(path: string, sizeBytes: number): number | undefined {
  try {
    const fd = openWritable(path);
    if (fstatSync(fd).size === sizeBytes) return fd;
    closeSync(fd);
    return undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw fsError(error, `open ${path}`);
  }
}

function openWritable(path: string): number {
  const flags = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0);
  try {
    return openSync(path, flags);
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EPERM')) throw error;
    // A commit that died before its rename had made it read-only.
    chmodSync(path, 0o644);
    return openSync(path, flags);
  }
}
