/**
 * A whole local file as a reflink: the partial shares the source's extents until one of them is written, so no byte is
 * copied. Its bytes are still read once and hashed.
 */
import { constants, fchmodSync, fstatSync, ftruncateSync } from 'node:fs';
import { copyFile, stat } from 'node:fs/promises';
import { fsError } from '../domain/fs-error.ts';
import type { PartialBlob } from '../store/partial-blob.ts';
import { fileValidator } from './local-feed.ts';

/**
 * Call only while nothing is held: the partial's data is replaced as a whole, or left empty.
 * @returns the validator of the cloned state; undefined where the file system cannot share extents between the two, or
 *   the source changed meanwhile: then copy
 */
export async function cloneFile(source: string, partial: PartialBlob): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  const mode = fstatSync(partial.fd).mode;
  const before = fileValidator(await stat(source, { bigint: true }));
  const isCloned = await cloneOnto(source, partial.fd);
  restore(partial, mode);
  const isSame = isCloned && before === fileValidator(await stat(source, { bigint: true }));
  return isSame ? before : undefined;
}

/**
 * By descriptor and not by path: where the clone fails, libuv unlinks its target by name, and must not find ours.
 * Whatever the reason, copying is the way on, and tells what is wrong if something is.
 */
function cloneOnto(source: string, fd: number): Promise<boolean> {
  return copyFile(source, `/proc/self/fd/${fd}`, constants.COPYFILE_FICLONE_FORCE).then(
    () => true,
    () => false,
  );
}

/** The attempt has truncated the data file, and gave it the source's mode. */
function restore({ fd, sizeBytes, path }: PartialBlob, mode: number): void {
  try {
    fchmodSync(fd, mode);
    if (fstatSync(fd).size !== sizeBytes) ftruncateSync(fd, sizeBytes);
  } catch (error) {
    throw fsError(error, `prepare ${path}`);
  }
}
