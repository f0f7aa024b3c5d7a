/** One proven file as a file of somebody else: read once more where it lies then, under its name only when it is whole and durable. */
import { createHash } from 'node:crypto';
import { constants, lstatSync, statSync } from 'node:fs';
import { chmod, copyFile, type FileHandle, link, open, rename, rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { throwIfCancelled } from '../../domain/cancelled.ts';
import type { Sha256 } from '../../domain/digest.ts';
import { ModelError } from '../../domain/errors.ts';
import type { ExportedFile } from '../../domain/export-results.ts';
import { fsError, isErrno } from '../../domain/fs-error.ts';
import { syncPath } from '../../store/durable.ts';
import { readStatKey } from '../../store/stat-key.ts';
import { hashFile } from '../../transfer/hash-file.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { makeFolders } from '../../util/make-folders.ts';
import type { ExportOptions } from '../api.ts';
import { underBlobLock } from '../commit-blob.ts';
import type { BlobRun } from '../ensure-run.ts';

export interface CopyOut {
  readonly sha256: Sha256;
  readonly sizeBytes: number;
  readonly source: string;
  /** Beside the destination's folder, on its volume; what an earlier run left there is gone on with. */
  readonly temporary: string;
  readonly destination: string;
  readonly link: NonNullable<ExportOptions['link']>;
}

export type CopyRun = BlobRun & { readonly onBytes: (bytes: number) => void };

const CHUNK_BYTES = 1024 * 1024;
const MODE = 0o644;
const UNSHARED = ['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV', 'EINVAL', 'ENOTTY', 'EPERM', 'EMLINK'] as const;

export async function copyOut(run: CopyRun, request: CopyOut): Promise<ExportedFile['way']> {
  const { destination, sha256, sizeBytes, temporary } = request;
  try {
    await makeFolders(dirname(destination));
    if (await isRight(run, destination, request)) return 'kept';
    const way = await make(run, request);
    if (way !== 'copy' && (await hashFile(temporary, { signal: run.signal })).sha256 !== sha256) throw wrongBytes(request);
    if (way !== 'copy') run.onBytes(sizeBytes);
    if (way !== 'hard') await chmod(temporary, MODE);
    await settle(temporary);
    await rename(temporary, destination);
    return way;
  } catch (error) {
    throw fsError(error, `write ${destination}`);
  }
}

/** After a failed fsync the kernel may call lost pages clean, and a later run that reads them finds them right: so they go. */
async function settle(temporary: string): Promise<void> {
  try {
    await syncPath(temporary);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** What an earlier run has put there is read, not believed. */
async function isRight({ signal, onBytes }: CopyRun, path: string, request: CopyOut): Promise<boolean> {
  const { sha256, sizeBytes } = request;
  await dropShared(path, request);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  if (stats.isFile() && stats.size === sizeBytes && (await hashFile(path, { signal })).sha256 === sha256) {
    onBytes(sizeBytes);
    return true;
  }
  await rm(path);
  return false;
}

/** A name of the blob, as an earlier run by hard links left it, is nobody's copy: it must be neither written to nor handed out as one. */
async function dropShared(path: string, { link: how, source }: CopyOut): Promise<void> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (how === 'hard' || stats === undefined || stats.isDirectory()) return;
  const isOfStore = statSync(source, { throwIfNoEntry: false })?.ino === stats.ino;
  // A blob that was removed since leaves its last name here, read-only as blobs are.
  const isReadOnly = (stats.mode & 0o200) === 0;
  if (!stats.isFile() || stats.nlink > 1 || isOfStore || isReadOnly) await rm(path);
}

async function make(run: CopyRun, request: CopyOut): Promise<'reflink' | 'hard' | 'copy'> {
  const { link: how, source, temporary } = request;
  if (how === 'hard') return linked(run, request);
  await dropShared(temporary, request);
  if (how !== 'copy' && (await isCloned(source, temporary))) return 'reflink';
  if (how === 'reflink') throw impossible(request);
  await copied(run, request);
  return 'copy';
}

async function isCloned(source: string, destination: string): Promise<boolean> {
  // What was begun as a copy is gone on with.
  if (statSync(destination, { throwIfNoEntry: false }) !== undefined) return false;
  try {
    await copyFile(source, destination, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    await chmod(destination, MODE);
    return true;
  } catch (error) {
    if (isErrno(error, ...UNSHARED)) return false;
    throw error;
  }
}

/** Moves the inode's ctime: under the digest's lock, and the ledger follows. */
function linked(run: CopyRun, request: CopyOut): Promise<'hard'> {
  const { source, temporary, sha256 } = request;
  const { ledger } = run.work.blobs;
  return underBlobLock(run, sha256, async (): Promise<'hard'> => {
    await rm(temporary, { force: true });
    const before = readStatKey(source);
    const isProven = before !== undefined && ledger.proves(sha256, before);
    await link(source, temporary).catch((error: unknown) => {
      throw isErrno(error, ...UNSHARED) ? impossible(request) : error;
    });
    const after = readStatKey(source);
    if (isProven && after !== undefined) await ledger.rekey(sha256, after);
    return 'hard';
  });
}

/** Goes on behind what is there, after one read of that; begins anew where that turns out to be something else. */
async function copied(run: CopyRun, request: CopyOut): Promise<void> {
  const { source, temporary, sizeBytes } = request;
  const [from, to] = [
    await open(source, 'r'),
    await open(temporary, constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0), MODE),
  ];
  try {
    const { size } = await to.stat();
    const held = size <= sizeBytes ? size : 0;
    await to.truncate(held);
    await checkSpace(dirname(temporary), sizeBytes - held);
    if (await isCopied(run, request, { from, to, held })) return;
    await to.truncate(0);
    if (held === 0) throw wrongBytes(request);
    run.onBytes(-sizeBytes);
    if (!(await isCopied(run, request, { from, to, held: 0 }))) throw wrongBytes(request);
  } finally {
    await from.close();
    await to.close();
  }
}

interface Copying {
  readonly from: FileHandle;
  readonly to: FileHandle;
  /** Bytes of `to` that are there already. */
  readonly held: number;
}

/** Whether the whole has the digest that it must have. */
async function isCopied(run: CopyRun, { sizeBytes, sha256, destination }: CopyOut, { from, to, held }: Copying): Promise<boolean> {
  const hash = createHash('sha256');
  for (let position = 0; position < sizeBytes; ) {
    throwIfCancelled(run.signal, `writing ${destination}`);
    const length = Math.min(CHUNK_BYTES, (position < held ? held : sizeBytes) - position);
    const { bytesRead, buffer } = await (position < held ? to : from).read(Buffer.allocUnsafe(length), 0, length, position);
    if (bytesRead === 0) return false;
    const bytes = buffer.subarray(0, bytesRead);
    hash.update(bytes);
    if (position >= held) await writeAll(to, bytes, position);
    position += bytesRead;
    run.onBytes(bytesRead);
  }
  return hash.digest('hex') === sha256;
}

async function writeAll(to: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await to.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}

async function checkSpace(folder: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const available = bavail * bsize;
  if (neededBytes <= available) return;
  throw new ModelError(
    'NO_SPACE',
    `${formatBytes(neededBytes)} are still to be written, and ${formatBytes(available)} are free at ${folder}`,
    {
      hint: 'free space there, then run the same command again: it goes on where it stopped',
      details: { bytes_needed: neededBytes, bytes_available: available, shortfall: neededBytes - available, path: folder },
    },
  );
}

const wrongBytes = ({ source, sha256 }: CopyOut): ModelError =>
  new ModelError('CHECKSUM_FAIL', `what came of ${source} has other bytes than its digest says`, {
    reason: 'copy_wrong',
    hint: 'run the same command again; if it fails again, the store is damaged: `wan models verify`, then `wan models ensure`',
    details: { path: source, expected: sha256 },
  });

const impossible = ({ source, destination, link: how }: CopyOut): ModelError =>
  new ModelError('INVALID_INPUT', `${destination} cannot share its bytes with ${source} by --link ${how}`, {
    reason: 'link_impossible',
    hint: 'take --link auto, which copies where it must',
    details: { path: destination, link: how },
  });
