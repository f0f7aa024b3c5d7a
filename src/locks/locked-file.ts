/** Opening a file together with its kernel lock. */
import { type BigIntStats, close, closeSync, constants, fstatSync, lstatSync, open, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isModelError, ModelError } from '../domain/errors.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import { LOCK_UNSUPPORTED, tryLockFile } from './kernel-lock.ts';

const openFile = promisify(open);
const closeFile = promisify(close);

/** Windows has no such flag; there a link is told by whoever checks the folder. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const SHARED_MODE = 0o666;

/** A file that is another one whenever it is looked at: its volume gives one file several numbers, or somebody replaces it on and on. */
const MAX_REPLACED = 1000;
/** How often a probe that holds a file for an instant is waited out, and for how long each time. */
const PROBE_RETRIES = 20;
const PROBE_PAUSE_MS = 2;

/** An open file, locked by this description for as long as it is open. */
export interface LockedFile extends Disposable {
  readonly path: string;
  /** Open for reading and writing. */
  readonly fd: number;
  /** Whether the path still names this very file: false once somebody removed or replaced it. */
  isCurrent(): boolean;
  /** Closes and thereby unlocks. May be called more than once. */
  close(): void;
}

/**
 * Opens a file and takes its lock without waiting, never following a link. What is returned is both locked and still the
 * file of that name, so whoever removes a file under its lock cannot leave two owners.
 *
 * @param options.isOurs nobody but a passing probe can hold it: that one is waited out
 * @returns undefined where somebody else holds it, or where it does not exist and is not to be created
 * @throws ModelError PERMISSION_DENIED, READ_ONLY, PATH_UNSAFE (a link), NO_SPACE, FILESYSTEM_ERROR; then nothing stays locked
 */
export async function openLocked(
  path: string,
  options: { readonly create: boolean; readonly isOurs?: boolean },
): Promise<LockedFile | undefined> {
  for (let replaced = 0; replaced < MAX_REPLACED; replaced++) {
    const opened = await openOrCreate(path, options.create);
    if (opened === undefined) return undefined;
    const locked = await lockOpened(opened.fd, opened.isNew || options.isOurs === true);
    if (!locked) {
      await closeFile(opened.fd);
      return undefined;
    }
    const file = currentFile(path, opened.fd);
    if (file !== undefined) return file;
  }
  throw new ModelError('FILESYSTEM_ERROR', `the lock file ${path} is another file each time it is opened`, {
    reason: 'lock_replaced',
    hint: 'put MODELS_ROOT on a volume on which a file keeps its inode number, or end what replaces its lock files',
  });
}

/**
 * Whether somebody holds the file's lock. Needs only read access and changes nothing; false where there is no file, or the
 * volume has no locks that anybody could hold.
 */
export const isFileLocked = async (path: string): Promise<boolean> => (await lockStateOf(path)) === 'held';

/** Whether the file is there and its owner is gone for certain: false, too, where locks or this file cannot be asked. */
export async function isFileAbandoned(path: string): Promise<boolean> {
  try {
    return (await lockStateOf(path)) === 'free';
  } catch (error) {
    if (isModelError(error, 'PERMISSION_DENIED')) return false;
    throw error;
  }
}

async function lockStateOf(path: string): Promise<'held' | 'free' | 'unknown'> {
  let fd: number;
  try {
    // Most are not there: to ask costs far less than the error that says so.
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return 'unknown';
    fd = openSync(path, constants.O_RDONLY | NO_FOLLOW);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 'unknown';
    throw fsError(error, `open the lock file ${path}`);
  }
  try {
    return tryLockFile(fd, 'shared') ? 'free' : 'held';
  } catch (error) {
    if (isModelError(error, 'FILESYSTEM_ERROR') && error.reason === LOCK_UNSUPPORTED) return 'unknown';
    throw error;
  } finally {
    closeSync(fd);
  }
}

interface Opened {
  readonly fd: number;
  /** Nobody but a passing probe can hold the lock of a file that we have just made. */
  readonly isNew: boolean;
}

async function openOrCreate(path: string, create: boolean): Promise<Opened | undefined> {
  for (;;) {
    try {
      return { fd: await openFile(path, constants.O_RDWR | NO_FOLLOW), isNew: false };
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw fsError(error, `open the lock file ${path}`);
      if (!create) return undefined;
    }
    try {
      return { fd: await openFile(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW, SHARED_MODE), isNew: true };
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw fsError(error, `make the lock file ${path}`);
    }
  }
}

async function lockOpened(fd: number, isOurs: boolean): Promise<boolean> {
  try {
    for (let retry = 0; !tryLockFile(fd); retry++) {
      if (!isOurs || retry === PROBE_RETRIES) return false;
      await sleep(PROBE_PAUSE_MS);
    }
    return true;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Undefined where the path names another file by now: then, and where nobody can say, it is closed. */
function currentFile(path: string, fd: number): LockedFile | undefined {
  try {
    const file = lockedFile(path, fd);
    if (file.isCurrent()) return file;
  } catch (error) {
    closeSync(fd);
    throw fsError(error, `look at the lock file ${path}`);
  }
  closeSync(fd);
  return undefined;
}

function lockedFile(path: string, fd: number): LockedFile {
  const mine = fstatSync(fd, { bigint: true });
  let open = true;
  const close = () => {
    if (!open) return;
    open = false;
    closeSync(fd);
  };
  return { path, fd, isCurrent: () => isSameFile(mine, lstatOrNothing(path)), close, [Symbol.dispose]: close };
}

const isSameFile = (mine: BigIntStats, named: BigIntStats | undefined): boolean => named?.ino === mine.ino && named.dev === mine.dev;

function lstatOrNothing(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (isErrno(error, 'ENOTDIR')) return undefined;
    throw fsError(error, `look at the lock file ${path}`);
  }
}
