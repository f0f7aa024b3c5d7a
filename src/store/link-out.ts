/** A second name for a blob: reflink, else hard link, else copy. What a volume can do is remembered for the life of the process. */
import { constants } from 'node:fs';
import { chmod, copyFile, link, lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrno } from '../domain/fs-error.ts';
import { withFile } from './durable.ts';

export type LinkWay = 'reflink' | 'hardlink' | 'copy';

const WAYS: readonly LinkWay[] = ['reflink', 'hardlink', 'copy'];
/** What a file system answers that cannot do it, as opposed to one that failed at it. */
const UNSUPPORTED = ['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV', 'EINVAL', 'ENOTTY', 'EPERM', 'EMLINK'] as const;
const LINK_MODE = 0o444;

const wayOfVolume = new Map<number, LinkWay>();

/** Both paths are on one volume. Durable in content; the caller fsyncs the folder. */
export async function linkOut(source: string, destination: string): Promise<LinkWay> {
  const { dev } = await lstat(dirname(destination));
  const known = wayOfVolume.get(dev);
  for (const way of known === undefined ? WAYS : WAYS.slice(WAYS.indexOf(known))) {
    if (await attempt(way, source, destination)) {
      // That one file has all the names that it can have, or another owner, says nothing of the next: to ask again costs little beside a copy.
      if (known === undefined && way !== 'copy') wayOfVolume.set(dev, way);
      return way;
    }
  }
  throw new Error('a copy is always possible');
}

async function attempt(way: LinkWay, source: string, destination: string): Promise<boolean> {
  try {
    await MAKERS[way](source, destination);
    return true;
  } catch (error) {
    if (way !== 'copy' && isErrno(error, ...UNSUPPORTED)) return false;
    throw error;
  }
}

const MAKERS: Readonly<Record<LinkWay, (source: string, destination: string) => Promise<void>>> = {
  reflink: (source, destination) => copyAs(source, destination, constants.COPYFILE_FICLONE_FORCE),
  hardlink: link,
  copy: (source, destination) => copyAs(source, destination, 0),
};

/** A new inode: its content and mode are made durable here. A read-only source may give a read-only copy. */
async function copyAs(source: string, destination: string, mode: number): Promise<void> {
  await copyFile(source, destination, mode | constants.COPYFILE_EXCL);
  await chmod(destination, 0o644);
  await withFile(destination, 'r+', (handle) => handle.sync());
  await chmod(destination, LINK_MODE);
}
