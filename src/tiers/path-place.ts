/** A tier in a folder, mostly of another volume. Layout and order of writes: docs/store-format.md, "Tiers". */
import { constants, statfsSync } from 'node:fs';
import { type FileHandle, link, mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { FileSource } from '../backends/backend.ts';
import { LocalBackend } from '../backends/local/local-backend.ts';
import { isModelError, ModelError } from '../domain/errors.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import type { TieredBlob, TierFault } from '../domain/tiers.ts';
import type { Random } from '../domain/world.ts';
import { makeRealDirectory } from '../resolver/safe-path.ts';
import { syncDirectory } from '../store/durable.ts';
import { MIN_GAIN, sampledGain } from './compressible.ts';
import { chunksOf, hashOf } from './hash-stream.ts';
import { hashPacked, packFile, seekTableOf } from './packed-blob.ts';
import { FRAME_BYTES } from './seekable-zstd.ts';
import { blobWritten, otherHere } from './tier-errors.ts';
import { blobKey, type NewBlob, type TierCall, type TierPlace } from './tier-place.ts';
import { ZstdBackend } from './zstd-backend.ts';

export interface PathPlaceOptions {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Of the root at work: names what it is writing. */
  readonly ownerId: string;
  readonly random: Random;
  /** Bound of what compressing and decoding hold. */
  readonly memoryBudgetBytes: number;
}

const TEMPORARY = 'tmp';
const BLOB_MODE = 0o444;
const NO_LINK = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'] as const;

export class PathPlace implements TierPlace {
  readonly label: string;
  readonly #options: PathPlaceOptions;

  constructor(options: PathPlaceOptions) {
    this.#options = options;
    this.label = options.path;
  }

  async readText(key: string): Promise<string | undefined> {
    try {
      return await readFile(this.#path(key), 'utf8');
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw fsError(error, `read ${this.#path(key)}`);
    }
  }

  async writeText(key: string, text: string, { isNew = false }: { readonly isNew?: boolean }): Promise<boolean> {
    const target = this.#path(key);
    return this.#throughTemporary(target, async (temporary, handle) => {
      await handle.writeFile(text);
      await handle.sync();
      return isNew ? nameOnce(temporary, target) : nameAgain(temporary, target);
    });
  }

  async remove(key: string): Promise<void> {
    const path = this.#path(key);
    try {
      await unlink(path);
      await syncDirectory(dirname(path));
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw fsError(error, `remove ${path}`);
    }
  }

  async keysUnder(prefix: string): Promise<string[]> {
    try {
      const entries = await readdir(this.#path(prefix), { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      return files.map((entry) => relative(this.label, join(entry.parentPath, entry.name)).split(sep).join('/'));
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
      throw fsError(error, `list ${this.#path(prefix)}`);
    }
  }

  async formsOf({ digest, sizeBytes }: Pick<TieredBlob, 'digest' | 'sizeBytes'>): Promise<TieredBlob[]> {
    const forms: TieredBlob[] = [];
    const plainBytes = await sizeOf(this.#path(blobKey({ digest, form: 'plain' })));
    if (plainBytes === sizeBytes) forms.push({ digest, sizeBytes, form: 'plain', storedBytes: plainBytes });
    const packed = this.#path(blobKey({ digest, form: 'zstd' }));
    const storedBytes = await sizeOf(packed);
    const table = storedBytes === undefined ? undefined : await seekTableOf(packed);
    if (storedBytes !== undefined && table?.sizeBytes === sizeBytes) forms.push({ digest, sizeBytes, form: 'zstd', storedBytes });
    return forms;
  }

  async writeBlob(blob: NewBlob, call: TierCall): Promise<TieredBlob> {
    const isWorthIt = blob.compress && (await sampledGain(blob.from, blob.sizeBytes)) >= MIN_GAIN;
    const stored = (isWorthIt ? await this.#writePacked(blob, call) : undefined) ?? (await this.#writePlain(blob, call));
    await this.#removeBadSiblings(stored, call);
    return stored;
  }

  /** Another form that would be found, and gives other bytes, hides the good one from whoever asks by name and size. */
  async #removeBadSiblings({ form, ...blob }: TieredBlob, call: TierCall): Promise<void> {
    for (const other of await this.formsOf(blob)) {
      if (other.form === form) continue;
      if ((await this.faultOf(other, call)) === 'digest') await this.removeBlob(other);
    }
  }

  /** Undefined where the samples promised more than the whole kept. */
  async #writePacked(blob: NewBlob, call: TierCall): Promise<TieredBlob | undefined> {
    const { digest, sizeBytes } = blob;
    const target = this.#path(blobKey({ digest, form: 'zstd' }));
    const packing = { ...call, atOnce: this.#framesAtOnce };
    return this.#throughTemporary(target, async (temporary, handle) => {
      const { sha256, storedBytes } = await packFile(blob.from, handle, packing);
      if (sha256 !== digest) throw otherHere(blob, sha256);
      if (storedBytes > (1 - MIN_GAIN) * sizeBytes) return undefined;
      await settle(handle);
      const found = await hashPacked(temporary, packing);
      if (found !== digest) throw blobWritten(target, digest, found);
      await nameAgain(temporary, target);
      return { digest, sizeBytes, form: 'zstd', storedBytes };
    });
  }

  /** Each holds its plaintext and its compressed form. */
  get #framesAtOnce(): number {
    return Math.max(1, Math.min(availableParallelism(), Math.floor(this.#options.memoryBudgetBytes / (2 * FRAME_BYTES)) - 1));
  }

  async #writePlain(blob: NewBlob, call: TierCall): Promise<TieredBlob> {
    const stored: TieredBlob = { digest: blob.digest, sizeBytes: blob.sizeBytes, form: 'plain', storedBytes: blob.sizeBytes };
    const target = this.#path(blobKey(stored));
    await this.#throughTemporary(target, async (temporary, handle) => {
      const read = await hashOf(chunksOf(blob.from, call), (chunk) => handle.writeFile(chunk));
      if (read.sha256 !== blob.digest) throw otherHere(blob, read.sha256);
      await settle(handle);
      const there = await hashOf(chunksOf(temporary, call));
      if (there.sha256 !== blob.digest) throw blobWritten(this.placeOf(stored), blob.digest, there.sha256);
      return nameAgain(temporary, target);
    });
    return stored;
  }

  async faultOf(blob: TieredBlob, call: TierCall): Promise<TierFault['fault'] | undefined> {
    const path = this.#path(blobKey(blob));
    const storedBytes = await sizeOf(path);
    if (storedBytes === undefined) return 'missing';
    if (storedBytes !== blob.storedBytes) return 'size';
    try {
      const found =
        blob.form === 'zstd'
          ? await hashPacked(path, { ...call, atOnce: this.#framesAtOnce })
          : (await hashOf(chunksOf(path, call))).sha256;
      return found === blob.digest ? undefined : 'digest';
    } catch (error) {
      if (call.signal.aborted) throw error;
      return isModelError(error, 'CHECKSUM_FAIL') ? 'digest' : 'unreadable';
    }
  }

  placeOf(blob: Pick<TieredBlob, 'digest' | 'form'>): string {
    return this.#path(blobKey(blob));
  }

  removeBlob(blob: Pick<TieredBlob, 'digest' | 'form'>): Promise<void> {
    return this.remove(blobKey(blob));
  }

  source(blob: TieredBlob): FileSource {
    const path = this.placeOf(blob);
    const label = `tier://${this.#options.name}${path}`;
    const backend =
      blob.form === 'zstd'
        ? new ZstdBackend({ label, path, atOnce: 1 })
        : new LocalBackend({ url: label, folders: [dirname(path)], file: basename(path) });
    return { backend, path: '', isHere: true };
  }

  /** The folder itself is made where its parent is there; more than that would be made for a volume that is not mounted. */
  async make(): Promise<void> {
    try {
      await mkdir(this.label);
      await syncDirectory(dirname(this.label));
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw noPlace(this.#options.name, this.label, error);
    }
  }

  async prepare(ownerId: string): Promise<void> {
    const directory = this.#path(TEMPORARY);
    for (const name of await namesIn(directory)) {
      if (name.startsWith(`${ownerId}.`)) await rm(join(directory, name), { force: true });
    }
  }

  freeBytes(): number | undefined {
    try {
      const { bavail, bsize } = statfsSync(this.label);
      return bavail * bsize;
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw fsError(error, `look at ${this.label}`);
    }
  }

  #path(key: string): string {
    return join(this.label, ...key.split('/'));
  }

  /** A file that nobody sees until it is whole; removed where that fails. */
  async #throughTemporary<T>(target: string, use: (temporary: string, handle: FileHandle) => Promise<T>): Promise<T> {
    const directory = this.#path(TEMPORARY);
    const temporary = join(directory, `${this.#options.ownerId}.${this.#options.random.uuid()}`);
    try {
      await this.#makeDirectory(directory);
      await this.#makeDirectory(dirname(target));
      const handle = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o644);
      try {
        return await use(temporary, handle);
      } finally {
        await handle.close();
        await rm(temporary, { force: true });
      }
    } catch (error) {
      throw fsError(error, `write ${target}`);
    }
  }

  async #makeDirectory(path: string): Promise<void> {
    for (const made of await makeRealDirectory(path, this.label)) await syncDirectory(dirname(made));
  }
}

/** Whole, durable and read-only. A volume without modes has none to set. */
async function settle(handle: FileHandle): Promise<void> {
  try {
    await handle.chmod(BLOB_MODE);
  } catch (error) {
    if (!isErrno(error, ...NO_LINK)) throw error;
  }
  await handle.sync();
}

async function nameAgain(temporary: string, target: string): Promise<true> {
  await rename(temporary, target);
  await syncDirectory(dirname(target));
  return true;
}

async function nameOnce(temporary: string, target: string): Promise<boolean> {
  try {
    await link(temporary, target);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    if (!isErrno(error, ...NO_LINK)) throw error;
    return (await sizeOf(target)) === undefined && nameAgain(temporary, target);
  }
  await syncDirectory(dirname(target));
  return true;
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw fsError(error, `look at ${path}`);
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw fsError(error, `list ${directory}`);
  }
}

function noPlace(name: string, path: string, error: unknown): ModelError {
  if (!isErrno(error, 'ENOENT', 'ENOTDIR')) return fsError(error, `make the folder of the tier ${name}: ${path}`);
  return new ModelError('INVALID_CONFIG', `the tier ${name} is to be in ${path}, and there is no folder ${dirname(path)}`, {
    reason: 'tier_no_parent',
    hint: 'mount its volume, or make that folder: only the last one is made by itself',
    details: { tier: name, path },
  });
}
