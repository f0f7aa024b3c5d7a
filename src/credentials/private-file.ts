/** Files that only their owner can read. On Windows the user's own folders already are. */
import { randomUUID } from 'node:crypto';
import { chmod, type FileHandle, open, rename, rm, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ModelError } from '../domain/errors.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import { makeFolders } from '../util/make-folders.ts';
import { syncDirectory } from '../util/sync-path.ts';

const LIMIT_BYTES = 64 * 1024;
const OTHERS = 0o077;
/** The hints of the codes are about MODELS_ROOT. */
const OF_USER = { hint: 'this lies in your configuration directory, not in MODELS_ROOT: make room there, or make it writable' };

/**
 * @returns undefined where there is no such file
 * @throws ModelError AUTH_FAIL, credentials_exposed: others can read it, or it belongs to another user; PERMISSION_DENIED, …
 */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  const file = await openExisting(path);
  if (file === undefined) return undefined;
  try {
    if (process.platform !== 'win32') await refuseExposed(file, path);
    return await readStart(file);
  } catch (error) {
    throw fsError(error, `read ${path}`);
  } finally {
    await file.close();
  }
}

/** Beside the file, while it is written: one that is still there later is left over from a process that was killed. */
export const isTemporaryOf = (name: string, candidate: string): boolean => candidate.startsWith(`${name}.`) && candidate.endsWith('.tmp');

/** Gone for good on return, also after power loss; one that is not there is none. @throws ModelError PERMISSION_DENIED, … */
export async function removePrivateFile(path: string): Promise<void> {
  try {
    await unlink(path);
    await syncDirectory(dirname(path));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return;
    throw fsError(error, `remove ${path}`, OF_USER);
  }
}

/** Replaces the file at once and durably, or not at all; it and its folder are the owner's alone from their first moment. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const directory = dirname(path);
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await makeFolders(directory, 0o700);
    await chmod(directory, 0o700);
    await writeDurably(temporary, text);
    await rename(temporary, path);
    await syncDirectory(directory);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fsError(error, `write ${path}`, OF_USER);
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function openExisting(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw fsError(error, `read ${path}`);
  }
}

async function refuseExposed(file: FileHandle, path: string): Promise<void> {
  const { mode, uid } = await file.stat();
  const own = process.getuid?.() ?? uid;
  if (uid !== own) throw exposed(`${path} belongs to another user`, `remove it, then run \`wan auth login\` again`);
  if ((mode & OTHERS) !== 0) {
    const octal = (mode & 0o777).toString(8).padStart(3, '0');
    throw exposed(`${path} holds a secret and can be used by others (mode ${octal})`, `chmod 600 '${path}'`);
  }
}

const exposed = (message: string, hint: string): ModelError =>
  new ModelError('AUTH_FAIL', message, { reason: 'credentials_exposed', hint });

async function readStart(file: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(LIMIT_BYTES) });
  return buffer.toString('utf8', 0, bytesRead);
}
