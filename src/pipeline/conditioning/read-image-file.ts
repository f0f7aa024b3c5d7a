import { readFile, stat } from 'node:fs/promises';
import { ModelError } from '../../domain/errors.ts';
import { fsError, isErrno } from '../../domain/fs-error.ts';

/** More than a decoder's largest image takes in any of the formats that people save images in. */
const MAX_BYTES = 512 * 1024 ** 2;

/** @throws ModelError INVALID_INPUT where there is no such file, or it is no regular or too large a one */
export async function readImageFile(path: string): Promise<Uint8Array> {
  try {
    const stats = await stat(path);
    if (!stats.isFile()) throw refused(path, 'is no regular file');
    if (stats.size > MAX_BYTES) throw refused(path, `has ${stats.size} bytes; at most ${MAX_BYTES} are read`);
    return await readFile(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) throw refused(path, 'is not there');
    throw fsError(error, `read ${path}`);
  }
}

const refused = (path: string, why: string): ModelError =>
  new ModelError('INVALID_INPUT', `${path} ${why}`, { reason: 'image_file', details: { path } });
