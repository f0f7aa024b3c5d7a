/**
 * Locks that the operating system drops when their holder dies: OFD locks on Linux, flock on macOS, LockFileEx on
 * Windows. They belong to the open file description, so two opens in one process exclude each other as well.
 *
 * The locked byte lies far past any content: LockFileEx is mandatory, and waiters must be able to read what the holder
 * wrote at the file's start.
 */
import { fsError, isErrno } from '../domain/fs-error.ts';
import { type NativeFs, nativeFs } from '../util/native-fs.ts';

const wholeFileOnly = process.platform === 'darwin';
const OFFSET = wholeFileOnly ? 0 : 2 ** 40;
const LENGTH = wholeFileOnly ? 0 : 1;

/** The reason of the error where a volume has no locks. */
export const LOCK_UNSUPPORTED = 'lock_unsupported';
/** What a file system answers that has no locks at all. */
const UNSUPPORTED = ['ENOLCK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL'] as const;

/**
 * Takes the lock of an open file without waiting; false where another description holds it.
 * @param fd open for writing; for a `shared` lock, reading is enough
 * @throws ModelError FILESYSTEM_ERROR, reason lock_unsupported where the volume has no locks
 */
export function tryLockFile(fd: number, mode: 'exclusive' | 'shared' = 'exclusive'): boolean {
  return locking((native) => native.tryLock(fd, OFFSET, LENGTH, { shared: mode === 'shared' }));
}

/** Closing the descriptor does the same. */
export function unlockFile(fd: number): void {
  locking((native) => native.unlock(fd, OFFSET, LENGTH));
}

function locking<T>(call: (native: NativeFs) => T): T {
  try {
    return call(nativeFs());
  } catch (error) {
    if (!isErrno(error, ...UNSUPPORTED)) throw fsError(error, 'lock a file');
    throw fsError(error, 'lock a file: its file system has no locks', {
      reason: LOCK_UNSUPPORTED,
      hint: 'put MODELS_ROOT on a file system with locks (for NFS: version 4, or mount without nolock); `wan doctor` probes it',
    });
  }
}
