import { fsError, isErrno } from '../domain/fs-error.ts';
import { nativeFs } from '../util/native-fs.ts';

/** Exchanges two names in one step. False where the operating system or the volume cannot: then nothing was changed. */
export async function exchangePaths(from: string, to: string): Promise<boolean> {
  if (process.platform === 'win32') return false;
  try {
    await nativeFs().swap(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOSYS', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP')) return false;
    throw fsError(error, `exchange ${from} and ${to}`);
  }
}
