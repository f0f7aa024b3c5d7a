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
import { listNames } from './list-names.ts';
import type { PartialBlob } from './partial-blob.ts';
import { removePath } from './remove-path.ts';
import { isUntouched, readStatKey, type StatKey } from './stat-key.ts';

/** `misfit`: of another size than its bytes have. */
export type BlobState = 'absent' | 'misfit' | 'proven' | 'unproven';

/** A file that was just made from a blob. */
export interface LinkedFile {
  readonly key: StatKey;
  /** Inode of the blob whose blocks it shares without being it. */
  readonly reflinkOf?: string;
}

export interface Commit {
  /** An older inode was replaced, or a mark says that a snapshot holds a bad one: the digest is to be healed. */
  readonly mustHeal: boolean;
  /** Absolute path of the bad bytes that were replaced. */
  readonly quarantined?: string;
}

/** A file that has all of its bytes, and that nobody else writes to. */
export type WholeFile = Pick<PartialBlob, 'path' | 'sizeBytes' | 'seal' | 'discard'>;

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
    if (key.sizeBytes !== sizeBytes) return 'misfit';
    if (corrupt.has(digest)) return 'unproven';
    return this.ledger.proves(digest, key) ? 'proven' : 'unproven';
  }

  path(digest: Sha256): string {
    return this.#context.resolver.blobPath(digest);
  }

  /**
   * Turns a complete partial whose bytes were just proven into the blob of `digest`, replacing whatever has the name.
   * Call under the digest's lock. Step 6 of docs/store-format.md.
   */
  async commit(partial: WholeFile, digest: Sha256): Promise<Commit> {
    const target = this.path(digest);
    await this.#settle(partial);
    await makeDirectory(this.#context, dirname(target));
    const isReplaced = readStatKey(target) !== undefined;
    const quarantined = this.#isBad(digest, target) ? await this.quarantine(digest, target) : undefined;
    try {
      await rename(partial.path, target);
    } catch (error) {
      throw fsError(error, `commit the blob ${target}`);
    }
    await syncDirectory(dirname(target));
    await this.#prove(digest, target);
    await partial.discard();
    return { mustHeal: isReplaced || this.marks.all().has(digest), ...(quarantined !== undefined && { quarantined }) };
  }

  /**
   * Records that a full rehash found the right bytes in the blob. Call under the digest's lock.
   * @param read the file as it was read
   * @returns false where it was written to, or replaced, since, or may not be on disk whatever is read: then nothing is proven
   * @throws ModelError where it cannot be made durable: then it is marked, since nobody would notice the next time
   */
  async recordProof(digest: Sha256, read: StatKey): Promise<boolean> {
    if (this.marks.isUnsynced(digest)) return false;
    const target = this.path(digest);
    try {
      await chmod(target, BLOB_MODE);
    } catch (error) {
      throw fsError(error, `make ${target} read-only`);
    }
    await this.#makeDurable(digest, target);
    const now = readStatKey(target);
    if (now === undefined || !isStill(read, now)) return false;
    await this.ledger.record(digest, now);
    return true;
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
    if (!isStill(before, readStatKey(source))) {
      await removePath(destination);
      return undefined;
    }
    if (after.ino === before.ino) await this.ledger.rekey(digest, after);
    return { key: after, ...(way === 'reflink' && { reflinkOf: before.ino }) };
  }

  /**
   * Gives the bytes of a published, proven file their blob back where that is gone: a link in the other direction. A hard link,
   * since a blob must come under its name whole and in one step.
   * Call under the digest's lock.
   * @param proven the file as it was when its bytes were proven
   * @returns whether the blob is there and proven now; false also where the volume has no hard links, or the file is not as it was, or may not be on disk.
   */
  async adopt(digest: Sha256, published: string, proven: StatKey): Promise<boolean> {
    if (this.marks.isUnsynced(digest)) return false;
    const target = this.path(digest);
    await makeDirectory(this.#context, dirname(target));
    try {
      await link(published, target);
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'EEXIST', ...NO_HARD_LINK)) return false;
      throw fsError(error, `link ${published} to ${target}`);
    }
    if (isStill(proven, readStatKey(target))) {
      await syncDirectory(dirname(target));
      if (await this.recordProof(digest, proven)) return true;
    }
    await removePath(target);
    return false;
  }

  /** What was read may not be on disk yet: others lay files here, too. Where not even a mark can be written, there is no blob that could be believed. */
  async #makeDurable(digest: Sha256, target: string): Promise<void> {
    try {
      await syncPath(target);
    } catch (error) {
      const failure = fsError(error, `fsync ${target}`);
      if (!isOpening(failure)) await this.marks.markUnsynced(digest, failure).catch(() => removePath(target));
      throw failure;
    }
  }

  /** Whole, durable and read-only, before anybody can see it under its name. */
  async #settle(partial: WholeFile): Promise<void> {
    const key = readStatKey(partial.path);
    if (key?.sizeBytes !== partial.sizeBytes) {
      throw new ModelError('CONCURRENT_MODIFICATION', `${partial.path} changed under its writer`, {
        details: { expected: partial.sizeBytes, found: key?.sizeBytes ?? null },
      });
    }
    await partial.seal(BLOB_MODE);
  }

  /**
   * Keeps bad bytes that are about to be replaced, for whoever wants to know what was wrong with them. Call under the digest's lock.
   * @param path of the blob, or of a published file that is an inode of its own
   * @returns where they are kept; undefined where the volume has no hard links: keeping them would cost a second copy.
   */
  async quarantine(digest: Sha256, path: string): Promise<string | undefined> {
    const { resolver } = this.#context;
    const ino = readStatKey(path)?.ino;
    // Whoever died after this step has kept them already.
    const names = listNames(resolver.quarantineDir).filter((name) => name.startsWith(`${digest}.`));
    const before = names.map((name) => resolver.quarantineFile(name)).find((kept) => readStatKey(kept)?.ino === ino);
    if (before !== undefined) return before;
    const kept = resolver.quarantineFile(`${digest}.${this.#context.random.uuid()}`);
    await makeDirectory(this.#context, dirname(kept));
    try {
      await link(path, kept);
      return kept;
    } catch (error) {
      if (isErrno(error, ...NO_HARD_LINK)) return undefined;
      throw fsError(error, `quarantine ${path}`);
    }
  }

  #isBad(digest: Sha256, target: string): boolean {
    const key = readStatKey(target);
    return key !== undefined && (!this.ledger.proves(digest, key) || this.marks.all().has(digest));
  }

  /** Of what was just committed. */
  async #prove(digest: Sha256, target: string): Promise<void> {
    const key = readStatKey(target);
    if (key === undefined) throw new ModelError('CONCURRENT_MODIFICATION', `${target} vanished while it was committed`);
    await this.ledger.record(digest, key);
  }
}

/** An fsync that was never asked for says nothing of the bytes. */
const isOpening = ({ cause }: ModelError): boolean => (cause as NodeJS.ErrnoException | undefined)?.syscall === 'open';

/** Whether its bytes are those of before; another name of it moves its ctime only. */
const isStill = (before: StatKey, now: StatKey | undefined): boolean => now !== undefined && isUntouched(before, now);
