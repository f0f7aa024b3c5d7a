/** Finds out what a volume can do by doing it in a folder of its own, which it removes. */
import { type BigIntStats, constants } from 'node:fs';
import {
  chmod,
  copyFile,
  type FileHandle,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { ModelError } from '../domain/errors.ts';
import { errnoOf, fsError, isErrno } from '../domain/fs-error.ts';
import { tryLockFile, unlockFile } from '../locks/kernel-lock.ts';
import { withFile } from './durable.ts';
import { exchangePaths } from './exchange-paths.ts';
import { fileSystemName } from './file-system-name.ts';
import { type Fact, VOLUME_POWERS, type VolumeFacts, type VolumePower } from './volume-facts.ts';

const YES: Fact = { ok: true };
const no = (detail: string): Fact => ({ ok: false, detail });
const unknown = (detail: string): Fact => ({ ok: 'unknown', detail });

/** These say nothing of what the volume can do, only of how it is now. */
const CIRCUMSTANCES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE']);
const NO_ACCESS: ReadonlySet<string> = new Set(['EROFS', 'EACCES', 'EPERM']);

const SPARSE_BYTES = 16 * 1024 * 1024;
const LARGE_BYTES = 8 * 1024 ** 3;

/**
 * @param directory exists; where it cannot be written, `write` is false and what needs writing is unknown
 * @throws ModelError FILESYSTEM_ERROR without such a folder, CANCELLED
 */
export async function probeVolume(directory: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<VolumeFacts> {
  const space = await statfs(directory, { bigint: true }).catch((error: unknown) => {
    throw fsError(error, `look at the volume of ${directory}`);
  });
  const fileSystem = process.platform === 'linux' ? fileSystemName(space.type) : undefined;
  return {
    path: directory,
    ...(fileSystem !== undefined && { fileSystem }),
    freeBytes: Number(space.bavail * space.bsize),
    totalBytes: Number(space.blocks * space.bsize),
    powers: await probePowers(directory, fileSystem, signal),
  };
}

type Powers = Record<VolumePower, Fact>;

async function probePowers(directory: string, fileSystem: string | undefined, signal: AbortSignal | undefined): Promise<Powers> {
  let folder: string;
  try {
    folder = await mkdtemp(join(directory, '.wan-probe-'));
  } catch (error) {
    const errno = errnoOf(error) ?? '';
    if (CIRCUMSTANCES.has(errno)) return powersOf(unknown(errno), unknown('not tried'));
    if (NO_ACCESS.has(errno)) return powersOf(no(errno), unknown('not tried: no write access'));
    throw fsError(error, `try what the volume of ${directory} can do`, {
      hint: 'name another folder as MODELS_ROOT: nothing can be made in this one',
    });
  }
  try {
    return await tryAll({ folder, fileSystem, signal });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const powersOf = (write: Fact, rest: Fact): Powers => ({
  ...(Object.fromEntries(VOLUME_POWERS.map((power) => [power, rest])) as Powers),
  write,
});

interface Trial {
  /** Empty, on the volume, ours. */
  readonly folder: string;
  readonly fileSystem: string | undefined;
  readonly signal: AbortSignal | undefined;
}

async function tryAll(trial: Trial): Promise<Powers> {
  const powers = powersOf(YES, unknown('not tried'));
  for (const power of VOLUME_POWERS) {
    if (trial.signal?.aborted) throw cancelled(trial.signal.reason);
    const folder = join(trial.folder, power);
    powers[power] = await facing(async () => {
      await mkdir(folder);
      return PROBES[power]({ ...trial, folder });
    });
  }
  return powers;
}

/** What the system refuses is a fact; anything else that goes wrong is not. */
async function facing(probe: () => Promise<Fact>): Promise<Fact> {
  try {
    return await probe();
  } catch (error) {
    const errno = errnoOf(error instanceof ModelError ? error.cause : error);
    if (errno === undefined) throw error;
    return CIRCUMSTANCES.has(errno) ? unknown(errno) : no(errno);
  }
}

const PROBES: Readonly<Record<VolumePower, (trial: Trial) => Promise<Fact>>> = {
  write: async ({ folder }) => {
    await fileWith(folder, 'a', 'bytes');
    return (await readFile(join(folder, 'a'), 'utf8')) === 'bytes' ? YES : no('other bytes came back');
  },
  renameOverFile: async ({ folder }) => {
    await rename(await fileWith(folder, 'new', 'new'), await fileWith(folder, 'old', 'old'));
    return (await readFile(join(folder, 'old'), 'utf8')) === 'new' ? YES : no('the old file stayed');
  },
  renameOverFolder: async ({ folder }) => {
    const [a, b] = await twoFolders(folder);
    await rename(a, b);
    return YES;
  },
  exchange: async ({ folder }) => {
    const [a, b] = await twoFolders(folder);
    if (!(await exchangePaths(a, b))) return no('not supported');
    return (await readdir(a)).join() === 'in-b' && (await readdir(b)).join() === 'in-a' ? YES : no('the folders were not exchanged');
  },
  hardLink: async ({ folder }) => {
    const file = await fileWith(folder, 'a', 'x');
    await link(file, join(folder, 'b'));
    return (await identity(file)) === (await identity(join(folder, 'b'))) ? YES : no('the link is another file');
  },
  symbolicLink: async ({ folder }) => {
    await fileWith(folder, 'a', 'x');
    await symlink('a', join(folder, 'b'), 'file');
    return (await readFile(join(folder, 'b'), 'utf8')) === 'x' ? YES : no('the link leads elsewhere');
  },
  reflink: async ({ folder }) => {
    const file = await fileWith(folder, 'a', Buffer.alloc(4096, 1));
    await copyFile(file, join(folder, 'b'), constants.COPYFILE_FICLONE_FORCE);
    return YES;
  },
  syncFile: async ({ folder }) => {
    await withFile(await fileWith(folder, 'a', 'x'), 'r+', (file) => file.sync());
    return YES;
  },
  syncFolder: async ({ folder }) => {
    await withFile(folder, 'r', (handle) => handle.sync());
    return YES;
  },
  lock: ({ folder }) => withTwoOpens(folder, (a) => (tryLockFile(a.fd) ? YES : no('a free file was refused'))),
  lockExcludes: ({ folder }) =>
    withTwoOpens(folder, (a, b) => {
      if (!tryLockFile(a.fd)) return no('a free file was refused');
      return tryLockFile(b.fd) ? no('two takers were granted one lock') : YES;
    }),
  unlock: ({ folder }) =>
    withTwoOpens(folder, (a, b) => {
      if (!tryLockFile(a.fd)) return no('a free file was refused');
      unlockFile(a.fd);
      return tryLockFile(b.fd) ? YES : no('an unlocked file was refused');
    }),
  readOnlyMode: async ({ folder }) => {
    const file = await fileWith(folder, 'a', 'x');
    await chmod(file, 0o444);
    const { mode } = await stat(file);
    await chmod(file, 0o644);
    return (mode & 0o222) === 0 ? YES : no(`mode ${(mode & 0o777).toString(8)}`);
  },
  caseSensitive: async ({ folder }) => {
    await fileWith(folder, 'CASE', 'x');
    return (await exists(join(folder, 'case'))) ? no('names are folded') : YES;
  },
  unicodeSensitive: async ({ folder }) => {
    await fileWith(folder, 'caf\u00e9', 'x');
    return (await exists(join(folder, 'cafe\u0301'))) ? no('names are normalised') : YES;
  },
  sparse: async ({ folder }) => {
    const file = await fileWith(folder, 'a', '');
    await truncate(file, SPARSE_BYTES);
    const { blocks } = await stat(file);
    return blocks * 512 < SPARSE_BYTES / 2 ? YES : no(`an empty file of ${SPARSE_BYTES} bytes takes ${blocks * 512}`);
  },
  largeFiles: async ({ folder, fileSystem }) => {
    if (fileSystem === 'vfat') return no('FAT holds files below 4 GiB');
    const file = await fileWith(folder, 'a', '');
    await truncate(file, SPARSE_BYTES);
    if ((await stat(file)).blocks > 0) return unknown('not tried: the volume would fill');
    await truncate(file, LARGE_BYTES);
    return YES;
  },
  longNames: async ({ folder }) => {
    await fileWith(folder, 'n'.repeat(255), 'x');
    return YES;
  },
};

async function fileWith(folder: string, name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function twoFolders(folder: string): Promise<[string, string]> {
  const [a, b] = [join(folder, 'a'), join(folder, 'b')];
  await mkdir(a);
  await mkdir(b);
  await fileWith(a, 'in-a', '');
  await fileWith(b, 'in-b', '');
  return [a, b];
}

async function withTwoOpens(folder: string, look: (a: FileHandle, b: FileHandle) => Fact): Promise<Fact> {
  const path = await fileWith(folder, 'a', 'x');
  return withFile(path, 'r+', (a) => withFile(path, 'r+', (b) => Promise.resolve(look(a, b))));
}

async function identity(path: string): Promise<string> {
  const { dev, ino }: BigIntStats = await lstat(path, { bigint: true });
  return `${dev}:${ino}`;
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

const cancelled = (reason: unknown): ModelError =>
  reason instanceof ModelError ? reason : new ModelError('CANCELLED', 'the probe of the volume was cancelled', { cause: reason });
