import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fsError, isErrno } from '../domain/fs-error.ts';

export interface VolumeSpace {
  /** What an ordinary user may still write. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Of the volume of `path`. It may not exist yet: its nearest existing parent is on the same volume as it will be. */
export function volumeSpace(path: string): VolumeSpace {
  try {
    const { bavail, blocks, bsize } = statfsSync(path);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch (error) {
    if (!isErrno(error, 'ENOENT') || dirname(path) === path) throw fsError(error, `look at the volume of ${path}`);
    return volumeSpace(dirname(path));
  }
}
