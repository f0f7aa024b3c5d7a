/** Files of people's own, written so that whoever reads them meets the old one or the new one: beside itself, synced, and renamed. */
import { randomUUID } from 'node:crypto';
import { lstatSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, open, readdir, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ModelError } from '../domain/errors.ts';
import { fsError } from '../domain/fs-error.ts';
import { syncDirectory } from './durable.ts';

/** No writer takes this long from a file's first byte to its rename. */
const ABANDONED_MS = 3_600_000;

export interface WriteBesideOptions {
  readonly write: (handle: FileHandle) => Promise<void>;
  /** Whether a link in its place is written through, and stays; the default. Else it is refused. */
  readonly followLink?: boolean;
  /** As it was where absent, of a file that is there. */
  readonly mode?: number;
  /** Throws where the file is not to be replaced after all. */
  readonly beforeRename?: () => void;
}

/**
 * What fails leaves the file as it was.
 * @throws ModelError PATH_UNSAFE where something else than a file has this name
 */
export async function writeBeside(path: string, options: WriteBesideOptions): Promise<void> {
  try {
    const look = options.followLink === false ? lstatSync : statSync;
    const existing = look(path, { throwIfNoEntry: false });
    if (existing !== undefined && !existing.isFile())
      throw new ModelError('PATH_UNSAFE', `${path} is no regular file`, { details: { path } });
    await replace(existing === undefined ? path : await realpath(path), existing, options);
  } catch (error) {
    throw fsError(error, `write ${path}`);
  }
}

async function replace(target: string, existing: Stats | undefined, { write, mode, beforeRename }: WriteBesideOptions): Promise<void> {
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
  try {
    await writeSynced(temporary, write, mode ?? existing?.mode);
    beforeRename?.();
    await rename(temporary, target);
    await syncDirectory(dirname(target));
    await removeAbandoned(dirname(target), basename(target));
  } finally {
    await rm(temporary, { force: true });
  }
}

async function writeSynced(path: string, write: WriteBesideOptions['write'], mode: number | undefined): Promise<void> {
  const handle = await open(path, 'wx', 0o644);
  try {
    // Said outright: what `open` is told, the umask cuts.
    if (mode !== undefined) await handle.chmod(mode & 0o777);
    await write(handle);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What writers left that were killed before their rename; a living one is done in far less. */
async function removeAbandoned(folder: string, name: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    if (!entry.startsWith(`.${name}.`) || !/\.[0-9a-f-]{36}\.tmp$/.test(entry)) continue;
    const path = join(folder, entry);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats !== undefined && Date.now() - stats.mtimeMs > ABANDONED_MS) await rm(path, { force: true });
  }
}
