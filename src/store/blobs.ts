/** The content-addressed files: what is proven, committing, linking out. */
import { chmod, link, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Sha256 } from '../domain/digest.ts';
import { ModelError } from '../domain/errors.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import type { StoreContext } from './context.ts';
import { CorruptMarks } from './corrupt-marks.ts';
import { makeDirectory, syncDirectory, syncPath } from './durable.ts';
import { Ledger } from './ledger.ts';
import { type LinkWay, linkOut } from './link-out.ts';
import type { PartialBlob } from './partial-blob.ts';
import { readStatKey, type StatKey } from './stat-key.ts';

export type BlobState = 'absent' | 'proven' | 'unproven';

/** A file that was just made from a blob. */
export interface LinkedFile {
  readonly key: StatKey;
  /** Inode of the blob whose blocks it shares without being it. */
  readonly reflinkOf?: string;
}

const BLOB_MODE = 0o444;
/** What a file system answers that has no hard links, or no more for this file. */
const NO_HARD_LINK = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'] as const;

export class Blobs {
  readonly ledger: Ledger;
  readonly marks: CorruptMarks;
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
    this.ledger = new Ledger(context);
    this.marks = new CorruptMarks(context);
  }

  /** Reads only names and records; `unproven` means that one rehash would settle it. */
  state(digest: Sha256, sizeBytes: number, corrupt: ReadonlySet<string> = this.marks.all()): BlobState {
    const key = readStatKey(this.path(digest));
    if (key === undefined) return 'absent';
    if (key.sizeBytes !== sizeBytes || corrupt.has(digest)) return 'unproven';
    return this.ledger.proves(digest, key) ? 'proven' : 'unproven';
  }

  path(digest: Sha256): string {
    return this.#context.resolver.blobPath(digest);
  }

  /**
   * Turns a complete partial whose bytes were just proven into the blob of `digest`, replacing whatever has the name.
   * Call under the digest's lock. Step 6 of docs/store-format.md.
   * @returns whether the digest is to be healed: an older inode was replaced, or a mark says that a snapshot holds a bad one.
   */
  async commit(partial: PartialBlob, digest: Sha256): Promise<boolean> {
    const target = this.path(digest);
    await this.#settle(partial);
    await makeDirectory(this.#context, dirname(target));
    const replaced = await this.#quarantine(digest, target);
    try {
      await rename(partial.path, target);
    } catch (error) {
      throw fsError(error, `commit the blob ${target}`);
    }
    await syncDirectory(dirname(target));
    await this.#prove(digest, target);
    await partial.discard();
    return replaced || this.marks.all().has(digest);
  }

  /** Records that a full rehash found the right bytes in the blob. Call under the digest's lock. */
  async recordProof(digest: Sha256): Promise<void> {
    const target = this.path(digest);
    try {
      await chmod(target, BLOB_MODE);
    } catch (error) {
      throw fsError(error, `make ${target} read-only`);
    }
    // What was read may not be on disk yet: others lay files here, too.
    await syncPath(target);
    await this.#prove(digest, target);
  }

  /**
   * Gives a proven blob a second name. Call under the digest's lock.
   * @returns what has the new name, or undefined when the blob is gone or not proven (any more): plan again.
   */
  async linkTo(digest: Sha256, destination: string): Promise<LinkedFile | undefined> {
    const source = this.path(digest);
    const before = readStatKey(source);
    if (before === undefined || !this.ledger.proves(digest, before)) return undefined;
    let way: LinkWay;
    try {
      way = await linkOut(source, destination);
    } catch (error) {
      if (isErrno(error, 'ENOENT') && readStatKey(source) === undefined) return undefined;
      throw fsError(error, `link ${source} to ${destination}`);
    }
    const after = readStatKey(destination);
    if (after === undefined) throw new ModelError('CONCURRENT_MODIFICATION', `${destination} vanished while it was made`);
    if (after.ino === before.ino) await this.ledger.record(digest, after);
    return { key: after, ...(way === 'reflink' && { reflinkOf: before.ino }) };
  }

  /**
   * Gives the bytes of a published, proven file their blob back where that is gone: a link in the other direction. A hard link,
   * since a blob must come under its name whole and in one step.
   * Call under the digest's lock.
   * @returns whether the blob is there and proven now; false also where the volume has no hard links.
   */
  async adopt(digest: Sha256, published: string): Promise<boolean> {
    const target = this.path(digest);
    await makeDirectory(this.#context, dirname(target));
    try {
      await link(published, target);
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'EEXIST', ...NO_HARD_LINK)) return false;
      throw fsError(error, `link ${published} to ${target}`);
    }
    await syncDirectory(dirname(target));
    await this.recordProof(digest);
    return true;
  }

  /** Whole, durable and read-only, before anybody can see it under its name. */
  async #settle(partial: PartialBlob): Promise<void> {
    const key = readStatKey(partial.path);
    if (key?.sizeBytes !== partial.sizeBytes) {
      throw new ModelError('CONCURRENT_MODIFICATION', `${partial.path} changed under its writer`, {
        details: { expected: partial.sizeBytes, found: key?.sizeBytes ?? null },
      });
    }
    await partial.seal(BLOB_MODE);
  }

  /** Keeps the bytes that are about to be replaced, for whoever wants to know what was wrong with them. */
  async #quarantine(digest: Sha256, target: string): Promise<boolean> {
    const old = readStatKey(target);
    if (old === undefined) return false;
    if (this.ledger.proves(digest, old) && !this.marks.all().has(digest)) return true;
    const kept = this.#context.resolver.quarantineFile(`${digest}.${this.#context.random.uuid()}`);
    await makeDirectory(this.#context, dirname(kept));
    try {
      await link(target, kept);
    } catch (error) {
      // Without hard links the bad bytes are let go: keeping them would cost a second copy.
      if (!isErrno(error, ...NO_HARD_LINK)) throw fsError(error, `quarantine ${target}`);
    }
    return true;
  }

  async #prove(digest: Sha256, target: string): Promise<void> {
    const key = readStatKey(target);
    if (key === undefined) throw new ModelError('CONCURRENT_MODIFICATION', `${target} vanished while it was committed`);
    await this.ledger.record(digest, key);
  }
}
